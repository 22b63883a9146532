/* SPDX-License-Identifier: BSD-3-Clause */
/* A run: text that grows, the lock of its directory, process grids, what tells decks apart, checkpoints. */
#include "run.h"

static const char deck[] = "lattice: {extents: [4, 6]}\naction: {kappa: 0.2, lambda: 0.1}\n";
static const char *const sections[] = {"lattice", "action", NULL};

static void test_text(void)
{
  sq_text text = {0};
  bool right = true;
  for (int i = 0; i < 5000; i++) TAP_CALL(sq_text_add(&text, "%04d,", i));
  for (int i = 0; i < 5000; i++) right = right && atoi(text.text + 5 * i) == i;
  tap_check(right && text.used == 25000 && strlen(text.text) == 25000, "text grows, and nothing of it is lost");
  TAP_CALL(sq_text_add(&text, "%*s", 100000, "end"));
  tap_check(strlen(text.text) == 125000 && !strcmp(text.text + 124997, "end"), "also by more than it has room for");
  sq_text_clear(&text);
  tap_check(!text.text && !text.used && !text.size, "and is gone when it is cleared");
}

static void test_lock(void)
{
  sq_run *run = run_of(deck), *other = run_of(deck);
  TAP_CALL(sq_run_lock(run));
  tap_check(sq_run_lock(other) == SQ_ERR_INPUT, "a directory that is at work is locked, on every rank");
  TAP_CALL(sq_run_destroy(&other));
  TAP_CALL(sq_run_destroy(&run));
  run = run_of(deck);
  tap_check(sq_run_lock(run) == 0, "and free when the run is over");
  TAP_CALL(sq_run_destroy(&run));
}

/* Replicas and the ranks of a domain that a stage gets for so many pieces of work. */
static void grid_of(const sq_run *run, int64_t independent, double bytes, int *replicas, int *domain)
{
  sq_grid *grid;
  sq_lattice *lattice;
  TAP_CALL(sq_run_grid(run, run->extents, independent, bytes, 0, &grid, &lattice));
  *replicas = grid->replicas;
  TAP_CALL(MPI_Comm_size(grid->domain, domain));
  TAP_CALL(sq_lattice_destroy(&lattice));
  TAP_CALL(sq_grid_destroy(&grid));
}

static void test_grid(void)
{
  sq_run *run = run_of(deck);
  int replicas, domain;
  grid_of(run, 100, 1e3, &replicas, &domain);
  tap_check(replicas == tap.size && domain == 1, "independent work goes to replicas");
  grid_of(run, 1, 1e3, &replicas, &domain);
  tap_check(replicas == 1 && domain == tap.size, "one lattice is shared by all");
  grid_of(run, 100, 2e9 * tap.size, &replicas, &domain);
  tap_check(replicas == 1 && domain == tap.size, "so is one that is too large for a rank");
  TAP_CALL(sq_run_destroy(&run));
  run = run_of("lattice: {extents: [2, 2]}\naction: {kappa: 0.2, lambda: 0.1}\n");
  sq_grid *grid;
  sq_lattice *lattice;
  if (tap.size == 3)
    tap_check(sq_run_grid(run, run->extents, 1, 1, 0, &grid, &lattice) == SQ_ERR_INPUT, "3 ranks cannot share 2x2");
  tap_check(sq_run_grid(run, run->extents, 1, 1, 4, &grid, &lattice) == SQ_ERR_INPUT, "nor can a network with three "
                                                                                      "levels work on it");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_fingerprint(void)
{
  static const char *const same = "action: {lambda: 0.1, kappa: 0.20}\nlattice: {extents: [4, 6]}\nhmc: {chains: 4}\n";
  static const char *const different[] = {"lattice: {extents: [6, 4]}\naction: {kappa: 0.2, lambda: 0.1}\n",
                                          "lattice: {extents: [4, 6]}\naction: {kappa: 0.21, lambda: 0.1}\n"};
  sq_run *run = run_of(deck), *other = run_of(same);
  uint64_t print = sq_run_fingerprint(run, sections);
  tap_check(sq_run_fingerprint(other, sections) == print, "the fingerprint is that of what the sections say");
  TAP_CALL(sq_run_destroy(&other));
  for (int i = 0; i < 2; i++) {
    other = run_of(different[i]);
    tap_check(sq_run_fingerprint(other, sections) != print, "another deck has another");
    TAP_CALL(sq_run_destroy(&other));
  }
  run->seed++;
  tap_check(sq_run_fingerprint(run, sections) != print, "so has another seed");
  TAP_CALL(sq_run_destroy(&run));
}

static void test_checkpoint(void)
{
  sq_run *run = run_of(deck);
  sq_store *store;
  char path[SQ_PATH];
  bool found;
  uint64_t print = sq_run_fingerprint(run, sections);
  sq_run_path(run, "test.checkpoint.h5", path);
  TAP_CALL(sq_run_read_checkpoint(run, path, "checkpoint", true, print, &store, &found));
  tap_check(!found, "without a checkpoint there is none");
  TAP_CALL(sq_store_create("checkpoint", &store));
  TAP_CALL(sq_store_put_int(store, "fingerprint", (int64_t)print));
  TAP_CALL(sq_store_put_int(store, "done", 7));
  for (int i = 0; i < 2; i++) TAP_CALL(sq_store_write(run->world, store, path, true));
  TAP_CALL(sq_store_destroy(&store));
  int64_t made = 0;
  TAP_CALL(sq_run_read_checkpoint(run, path, "checkpoint", true, print, &store, &found));
  if (found) TAP_CALL(sq_store_int(store, "done", &made));
  tap_check(found && made == 7, "one of this deck is read");
  TAP_CALL(sq_store_destroy(&store));
  tap_check(sq_run_read_checkpoint(run, path, "checkpoint", true, print + 1, &store, &found) == SQ_ERR_INPUT,
            "one of another deck is refused");
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_run_remove_checkpoint(run, path));
  TAP_CALL(sq_run_read_checkpoint(run, path, "checkpoint", true, print, &store, &found));
  tap_check(!found, "removed, neither it nor the one before is left");
  TAP_CALL(sq_run_destroy(&run));
}

/* Files of before stay files of their decks: a key that is added is `.later` (doc/architecture.md), and these numbers
 * stay as they are. */
static void test_files_of_before(void)
{
  static const struct {
    const char *sections[8];
    uint64_t print;
  } known[] = {{{"lattice", "action", "hmc"}, UINT64_C(0x0951d3474f9e8992)},
               {{"lattice", "action", "langevin"}, UINT64_C(0xb78d08787ebbdbab)},
               {{"lattice", "action", "hmc", "model", "schedule", "train"}, UINT64_C(0x2dd3f56bbdd5d733)},
               {{"lattice", "action", "schedule", "sample"}, UINT64_C(0x82b42742bf9d5d00)},
               {{"lattice", "action", "correct"}, UINT64_C(0xa79aeb98f85f7fe0)},
               {{"lattice", "action", "likelihood"}, UINT64_C(0x79578ca6bc89a044)}};
  sq_run *run = run_of("lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.21, lambda: 0.022}\n");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    uint64_t print = sq_run_fingerprint(run, known[i].sections);
    if (print != known[i].print && !tap.rank)
      printf("# %s: %016llx\n", known[i].sections[2], (unsigned long long)print);
    tap_check(print == known[i].print, "files of before are still of this deck: section %s", known[i].sections[2]);
  }
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_text();
  test_lock();
  test_grid();
  test_fingerprint();
  test_files_of_before();
  test_checkpoint();
  return tap_end();
}
