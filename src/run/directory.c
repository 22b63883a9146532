/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory of a run. First it is locked, then a command looks at the files in it, and only when it has accepted
 * them (sq_run_accept) deck.yaml and log.txt are written: a command that is refused leaves everything as it was. What
 * rank 0 does alone is told to all before anybody acts on it. */
#include "src/run/run.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far a command is with its directory. */
enum { OUTSIDE, INSIDE, ACCEPTED };

struct sq_door {
  int state;
  int lock;  /* rank 0's open file that keeps others out of the directory; -1: none */
  bool made; /* rank 0: the directory was not there before */
};

PetscErrorCode sq_door_create(sq_door **door)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(1, door));
  (*door)->lock = -1;
  PetscFunctionReturn(0);
}

void sq_door_destroy(sq_door **door)
{
  if ((*door)->lock >= 0) close((*door)->lock);
  sq_free(door);
}

/* Opens and locks rank 0's file. 0: done; EWOULDBLOCK: another program has it; else what the system says. File systems
 * without locks cannot tell. The file may have been removed, by a command that was refused, between the two steps: then
 * the lock is worth nothing. */
static int take_file(sq_door *door, const char *path)
{
  struct stat mine, theirs;
  for (int attempt = 0; attempt < 100; attempt++) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) return errno;
    bool busy = flock(file, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    bool same = !fstat(file, &mine) && !stat(path, &theirs) && mine.st_ino == theirs.st_ino;
    if (!busy && same) {
      door->lock = file;
      return 0;
    }
    close(file);
    if (busy && attempt >= 10) return EWOULDBLOCK; /* measure and report hold it for a moment */
    if (busy) usleep(10000);
  }
  return EWOULDBLOCK;
}

/* What taking the lock came to, on all ranks. Collective. */
static PetscErrorCode take(const sq_run *run, int *outcome)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  int rank;
  sq_run_path(run, "lock", path);
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  *outcome = rank == 0 ? take_file(run->door, path) : 0;
  PetscCallMPI(MPI_Bcast(outcome, 1, MPI_INT, 0, run->world));
  PetscFunctionReturn(0);
}

static void release(sq_door *door)
{
  if (door->lock >= 0) close(door->lock);
  door->lock = -1;
}

PetscErrorCode sq_run_lock(sq_run *run)
{
  PetscFunctionBeginUser;
  int outcome;
  PetscCall(take(run, &outcome));
  SqCheck(outcome != EWOULDBLOCK, run->world, SQ_ERR_INPUT,
          "another squall is at work in %s: wait for it, or choose another run.dir", run->directory);
  SqCheck(!outcome, run->world, SQ_ERR_IO,
          "%s/lock, which keeps a second program out of the directory, cannot be opened: %s: %s", run->directory,
          strerror(outcome),
          outcome == EISDIR || outcome == ELOOP ? "move it away" : "choose a run.dir that can be written to");
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_enter(sq_run *run, bool works)
{
  PetscFunctionBeginUser;
  int rank, there = 0;
  struct stat about;
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  if (rank == 0) there = stat(run->directory, &about) == 0;
  PetscCallMPI(MPI_Bcast(&there, 1, MPI_INT, 0, run->world));
  SqCheck(there || works, run->world, SQ_ERR_INPUT,
          "there is no directory %s to read: run `squall run` first, or say "
          "which with run.dir",
          run->directory);
  if (works) {
    PetscCall(sq_make_directory(run->world, run->directory));
    run->door->made = rank == 0 && !there;
    PetscCall(sq_run_lock(run));
  }
  sq_log_hold();
  run->door->state = INSIDE;
  PetscFunctionReturn(0);
}

/* Rank 0: what deck.yaml says was chosen for files that are there stays in it, whatever is done next. */
static PetscErrorCode recall(const sq_run *run)
{
  PetscFunctionBeginUser;
  enum { MOST = 1 << 20 };
  char path[SQ_PATH], *echo;
  int rank;
  struct stat about;
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  sq_run_path(run, "deck.yaml", path);
  FILE *in = rank || stat(path, &about) || !S_ISREG(about.st_mode) ? NULL : fopen(path, "r");
  if (!in) PetscFunctionReturn(0);
  PetscErrorCode code = sq_alloc(MOST + 1, &echo); /* ends with 0 */
  if (!code) (void)!fread(echo, 1, MOST, in);
  fclose(in);
  if (!code) code = sq_deck_recall(run->deck, echo, (const char *const[]){"run.seed", "lattice", "action", NULL});
  sq_free(&echo);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_accept(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  int outcome = 0, mine, locked;
  PetscErrorCode worst;
  if (run->door->state != INSIDE) PetscFunctionReturn(0);
  mine = run->door->lock >= 0;
  PetscCallMPI(MPI_Allreduce(&mine, &locked, 1, MPI_INT, MPI_MAX, run->world));
  if (!locked) PetscCall(take(run, &outcome));
  run->door->state = ACCEPTED;
  if (outcome) PetscFunctionReturn(0); /* one that only reads, beside another at work: deck.yaml and the log are its */
  sq_run_path(run, "log.txt", path);
  PetscCall(sq_worst_status(run->world, sq_log_open(path), &worst));
  PetscCall(worst);
  PetscCall(sq_worst_status(run->world, recall(run), &worst));
  PetscCall(worst);
  PetscCall(sq_run_write_deck(run));
  if (!locked) release(run->door);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_write_deck(const sq_run *run)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH], *deck, *text;
  if (run->door->state == INSIDE) PetscFunctionReturn(0); /* later, if at all */
  PetscCall(sq_deck_text_of(run->deck, NULL, true, &deck));
  size_t size = strlen(deck) + 1024;
  PetscCall(sq_alloc(size, &text));
  snprintf(text, size, "# The effective deck of the run in this directory, as %s read it, on %d ranks.\n# %s\n%s",
           sq_version(), run->size, sq_libraries(), deck);
  sq_run_path(run, "deck.yaml", path);
  PetscErrorCode code = sq_write_text(run->world, path, text);
  sq_free(&deck);
  sq_free(&text);
  PetscCall(code);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_run_link(const sq_run *run, const char *name, const char *to)
{
  PetscFunctionBeginUser;
  char path[SQ_PATH];
  int rank, outcome = 0;
  sq_run_path(run, name, path);
  PetscCallMPI(MPI_Comm_rank(run->world, &rank));
  if (rank == 0 && symlink(to, path) && errno != EEXIST) outcome = errno;
  PetscCallMPI(MPI_Bcast(&outcome, 1, MPI_INT, 0, run->world));
  SqCheck(!outcome, run->world, SQ_ERR_IO, "%s, a link to %s, cannot be made: %s", path, to, strerror(outcome));
  PetscFunctionReturn(0);
}

void sq_run_leave(const sq_run *run)
{
  char path[SQ_PATH];
  if (run->door->state != INSIDE || !run->door->made || run->door->lock < 0) return;
  sq_run_path(run, "lock", path);
  (void)unlink(path);
  (void)rmdir(run->directory); /* empty, or it stays */
}
