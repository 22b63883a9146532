/* SPDX-License-Identifier: BSD-3-Clause */
/* probe: what a file is, both kinds of file, if HDF5 survives it.
 *
 * The library trusts what stands in metadata: a damaged or forged file can make it crash, loop, or ask for any amount
 * of memory. So a child process reads every file first, all of its structure, with limits on time and memory; the
 * program itself opens only what the child has survived. It costs a few milliseconds, once for each state of a file.
 */
#include "io_private.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what it is ---- */

static PetscErrorCode new_stores(sq_io_inspected *file)
{
  PetscFunctionBeginUser;
  PetscCall(sq_store_create("header", &file->header));
  PetscCall(sq_store_create("contents", &file->contents));
  PetscFunctionReturn(0);
}

void sq_io_inspected_free(sq_io_inspected *file)
{
  sq_free(&file->deck);
  sq_store_destroy(&file->header);
  sq_store_destroy(&file->contents);
}

/* Which of the two formats it is. */
static bool find_format(const char *path, bool *is_records, sq_io_status *status)
{
  const char *format = "";
  sq_store *header = NULL;
  hid_t file = sq_io_h5_open(path, false, status);
  if (file < 0) return false;
  bool fine = !sq_store_create("header", &header) && sq_io_header_read(file, NULL, header, status) &&
              sq_io_items_text(header, "format", SQ_IO_NAME, &format, status);
  *is_records = !strcmp(format, sq_io_records_format);
  sq_store_destroy(&header);
  return sq_io_h5_close(file, status) && fine;
}

/* All of a file but its records, and the numbers beside them only if asked. */
static bool read_structure(const char *path, bool beside, sq_io_inspected *file, sq_io_status *status)
{
  if (new_stores(file)) return sq_io_fail(status, PETSC_ERR_MEM, "no memory");
  if (!find_format(path, &file->is_records, status)) return false;
  return file->is_records ?
           sq_io_layout_read(path, &file->info, &file->deck, file->header, beside ? file->contents : NULL, status) :
           sq_io_store_load(path, NULL, file->header, file->contents, status);
}

/* ---- whether HDF5 survives it ---- */

enum { MEMORY_ROOM = 64 << 20, SECONDS = 20, BYTES_A_SECOND = 20000000 };

static void limit(int which, rlim_t most)
{
  struct rlimit now;
  if (getrlimit(which, &now) || (now.rlim_cur != RLIM_INFINITY && now.rlim_cur <= most)) return;
  now.rlim_cur = most;
  setrlimit(which, &now);
}

/* The address space taken so far; 0 if it cannot be told. */
static rlim_t address_space(void)
{
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%lu", &pages) != 1) pages = 0;
  fclose(file);
  return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* Ends quietly whatever happens: nobody's handlers, no core file, no output. */
static void be_quiet(void)
{
  static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGPIPE},
                   asking[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}; /* meant for the parent */
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
  for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) signal(asking[i], SIG_IGN);
  limit(RLIMIT_CORE, 0);
  int nowhere = open("/dev/null", O_RDWR);
  if (nowhere < 0) return;
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

/* Reads all of the file's structure, and sends what is wrong with it. */
__attribute__((noreturn)) static void read_in_child(const char *path, int64_t bytes, int answer)
{
  sq_io_inspected file = {0};
  sq_io_status status = {.path = path};
  rlim_t before = address_space();
  be_quiet();
  limit(RLIMIT_CPU, SECONDS + (rlim_t)(bytes / BYTES_A_SECOND));
  if (before) limit(RLIMIT_AS, before + 2 * (rlim_t)bytes + MEMORY_ROOM);
  mallopt(M_PERTURB, 165); /* what is used without having been set fails here, not in the parent */
  (void)read_structure(path, true, &file, &status);
  ssize_t sent = write(answer, &status, sizeof status);
  _exit(sent == (ssize_t)sizeof status ? 0 : 1);
}

/* What the child found; false if it did not live to tell. */
static bool hear(pid_t pid, int answer, sq_io_status *found)
{
  size_t got = 0;
  ssize_t now = 1;
  while (got < sizeof *found && now) {
    now = read(answer, (char *)found + got, sizeof *found - got);
    if (now < 0 && errno != EINTR) break;
    if (now > 0) got += (size_t)now;
  }
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }
  return got == sizeof *found;
}

/* The child's limit is this file's fault. */
static bool pass_on(const sq_io_status *found, sq_io_status *status)
{
  if (status->code) return false;
  status->code = found->code == PETSC_ERR_MEM ? SQ_ERR_DATA : found->code;
  memcpy(status->text, found->text, sizeof status->text);
  return false;
}

static bool same_state(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool sq_io_probe(const char *path, sq_io_status *status)
{
  static struct stat sound; /* the file that was tried last */
  struct stat about;
  sq_io_status found;
  int answer[2];
  if (stat(path, &about) || same_state(&about, &sound) || pipe(answer)) return true;
  pid_t pid = fork();
  if (pid == 0) read_in_child(path, about.st_size, answer[1]);
  close(answer[1]);
  bool lived = pid < 0 || hear(pid, answer[0], &found);
  close(answer[0]);
  if (!lived)
    return sq_io_fail(status, SQ_ERR_DATA,
                      "damaged: HDF5 cannot read its structure without a crash, or within the "
                      "time and memory that a file of this size justifies");
  if (pid > 0 && found.code) return pass_on(&found, status);
  sound = about;
  return true;
}

bool sq_io_inspect(const char *path, bool beside, sq_io_inspected *file, sq_io_status *status)
{
  *file = (sq_io_inspected){0};
  return sq_io_probe(path, status) && read_structure(path, beside, file, status);
}
