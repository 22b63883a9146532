/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains as records: which record goes where, what a file in the making says of its chains, going on from it. */
#include "src/making/chain_records.h"
#include "run.h"

/* ---- who fills what ---- */

/* Every place of every group is filled once, by chains that fill one group after the other. */
static bool each_place_once(const sq_chain_records *c)
{
  int filled[2][32] = {{0}}, group;
  int64_t index;
  bool right = true;
  for (int64_t chain = 0; chain < c->chains; chain++) {
    int before = 0;
    for (int64_t n = 0; n < sq_chain_share(c, chain); n++) {
      right = right && sq_chain_place(c, chain, n, &group, &index) && group >= before && index < c->size[group];
      if (right) filled[group][index]++;
      before = group;
    }
    right = right && !sq_chain_place(c, chain, sq_chain_share(c, chain), &group, &index);
    right = right && sq_chain_share(c, chain) <= sq_chain_share(c, c->chains - 1);
  }
  for (int g = 0; g < c->groups; g++)
    for (int64_t i = 0; i < c->size[g]; i++) right = right && filled[g][i] == 1;
  return right;
}

static void test_places(void)
{
  bool once = true, all = true;
  for (int chains = 1; chains <= 5; chains++)
    for (int64_t training = chains; training <= 11; training++)
      for (int64_t testing = 0; testing <= 7; testing++) {
        sq_chain_records c = {.chains = chains, .groups = testing ? 2 : 1, .size = {training, testing}};
        int64_t last = sq_chain_share(&c, chains - 1);
        once = once && each_place_once(&c);
        all = all && sq_chain_total(&c, 0) == 0 && sq_chain_total(&c, 1) == chains &&
              sq_chain_total(&c, last) == training + testing && sq_chain_total(&c, last - 1) < training + testing &&
              sq_chain_total(&c, last + 3) == training + testing;
      }
  tap_check(once, "every record has one place and every place one record; the last chain has most");
  tap_check(all, "records of all chains add up");
}

/* ---- chains that count ---- */

enum { CHAINS = 4, TRAINING = 7, TESTING = 5 };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_chain_records records;
  int64_t at[CHAINS]; /* of this replica's chains: steps made */
  int64_t stop, kept; /* the round in which a stop file appears; records of the last checkpoint */
  bool ended;
} counters;

static PetscErrorCode advance(void *self, int64_t n)
{
  PetscFunctionBeginUser;
  counters *t = self;
  for (int64_t i = 0; i < t->records.count; i++) t->at[i]++;
  if (n == t->stop) {
    char path[SQ_PATH];
    sq_run_path(t->run, "stop", path);
    PetscCall(sq_write_text(MPI_COMM_WORLD, path, "\n"));
  }
  PetscFunctionReturn(0);
}

/* At a site of this rank's block. */
static double value(const counters *t, int64_t chain, int64_t steps, int64_t x)
{
  int64_t length = t->lattice->local[SQ_DIM - 1], site = sq_lattice_row_site(t->lattice, x / length) + x % length;
  return (double)chain + 0.125 * (double)steps - 0.01 * (double)(site % 7);
}

static PetscErrorCode save(void *self, int64_t i, double *block, double *number)
{
  PetscFunctionBeginUser;
  counters *t = self;
  for (int64_t x = 0; x < t->lattice->local_volume; x++) block[x] = value(t, t->records.first + i, t->at[i], x);
  number[0] = (double)t->at[i];
  number[1] = -number[0];
  PetscFunctionReturn(0);
}

static PetscErrorCode restore(void *self, int64_t i, const double *block, const double *number)
{
  PetscFunctionBeginUser;
  counters *t = self;
  t->at[i] = (int64_t)number[0];
  bool same = number[1] == -number[0];
  for (int64_t x = 0; x < t->lattice->local_volume; x++)
    same = same && block[x] == value(t, t->records.first + i, t->at[i], x);
  if (!same) t->at[i] = -1;
  PetscFunctionReturn(0);
}

static PetscErrorCode show(void *self, sq_work *work, bool end)
{
  PetscFunctionBeginUser;
  ((counters *)self)->ended = end;
  if (end) sq_work_end(work, "counted");
  PetscFunctionReturn(0);
}

static PetscErrorCode checkpoint(void *self, int64_t n)
{
  PetscFunctionBeginUser;
  ((counters *)self)->kept = n;
  PetscFunctionReturn(0);
}

static const char *const number_name[] = {"steps", "minus_steps"};
static const sq_chain_maker maker = {.numbers = 2,
                                     .number_name = number_name,
                                     .advance = advance,
                                     .save = save,
                                     .restore = restore,
                                     .show = show,
                                     .checkpoint = checkpoint};
static char deck[] = "lattice: {extents: [4, 4]}\naction: {type: phi4, kappa: 0.2, lambda: 0.02}\n", path[SQ_PATH];

static sq_records_info info_of(const sq_run *run)
{
  sq_records_info info;
  sq_describe_records(run, "ensemble", run->padded, 5, &(sq_streams){0}, deck, &info);
  sq_chain_group(&maker, "training", TRAINING, &info);
  sq_chain_group(&maker, "testing", TESTING, &info);
  return info;
}

/* As many replicas as there can be, or one. */
static void begin(counters *t, sq_run *run, bool replicas)
{
  const sq_records_info info = info_of(run);
  *t = (counters){.run = run, .stop = -1, .kept = -1};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas ? tap.size : 1, &t->grid));
  TAP_CALL(sq_lattice_create(t->grid->domain, run->dim, run->extents, NULL, &t->lattice));
  t->records = (sq_chain_records){.run = run,
                                  .stage = "counting",
                                  .path = path,
                                  .grid = t->grid,
                                  .lattice = t->lattice,
                                  .maker = &maker,
                                  .self = t,
                                  .chains = CHAINS};
  TAP_CALL(sq_chain_records_begin(&t->records, &info));
}

static void end(counters *t)
{
  TAP_CALL(sq_chain_records_end(&t->records));
  TAP_CALL(sq_lattice_destroy(&t->lattice));
  TAP_CALL(sq_grid_destroy(&t->grid));
}

/* Whether the published file has every chain's steps where they belong. */
static bool file_is_right(const counters *t)
{
  sq_records *records;
  double chain[TRAINING + TESTING], steps[TRAINING + TESTING];
  bool right = true;
  TAP_CALL(sq_records_open(t->grid, NULL, path, &records));
  for (int g = 0; g < 2; g++) {
    TAP_CALL(sq_records_column(records, g, "chain", chain + g * TRAINING));
    TAP_CALL(sq_records_column(records, g, "steps", steps + g * TRAINING));
  }
  for (int64_t c = 0; c < CHAINS; c++)
    for (int64_t n = 0; n < sq_chain_share(&t->records, c); n++) {
      int group;
      int64_t index;
      sq_chain_place(&t->records, c, n, &group, &index);
      right = right && chain[group * TRAINING + index] == (double)c &&
              steps[group * TRAINING + index] == (double)(n + 1);
    }
  TAP_CALL(sq_records_close(&records));
  return right;
}

static void test_make(sq_run *run, bool replicas)
{
  const char *how = replicas ? "shared out" : "cut";
  const sq_records_info info = info_of(run);
  counters t;
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_create(&t.records, &info));
  tap_check(t.kept == 0, "the first checkpoint has no records (%s)", how);
  TAP_CALL(sq_chain_records_make(&t.records, 0, 3));
  double updates;
  TAP_CALL(sq_records_get_real(t.records.records, "updates_a_field", &updates));
  tap_check(t.ended && updates == 3, "the last line is shown, what a field took is written (%s)", how);
  TAP_CALL(sq_records_publish(&t.records.records));
  tap_check(file_is_right(&t), "every chain's records are where they belong (%s)", how);
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, path));
  end(&t);
}

/* Stopped on some ranks, resumed on all of them, or one after the other. */
static void test_resume(sq_run *run, bool replicas)
{
  const char *how = replicas ? "shared out" : "cut";
  const sq_records_info info = info_of(run);
  counters t;
  bool begun;
  int64_t complete;
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_create(&t.records, &info));
  t.stop = 1;
  tap_check(sq_chain_records_make(&t.records, 0, 1) == SQ_ERR_STOPPED && t.kept == 2 && !t.ended,
            "a wish ends the work, with a checkpoint (%s)", how);
  end(&t);
  begin(&t, run, !replicas);
  TAP_CALL(sq_chain_records_resume(&t.records, &info, &begun));
  TAP_CALL(sq_chain_records_complete(&t.records, &complete));
  tap_check(begun && complete == 2, "the file says how far its chains are (%s)", how);
  TAP_CALL(sq_chain_records_restore(&t.records, 1));
  bool back = true;
  for (int64_t i = 0; i < t.records.count; i++) back = back && t.at[i] == 1;
  tap_check(back, "chains go back to where an older checkpoint has them (%s)", how);
  TAP_CALL(sq_chain_records_make(&t.records, 1, 1));
  TAP_CALL(sq_chain_records_complete(&t.records, &complete));
  tap_check(complete == sq_chain_share(&t.records, CHAINS - 1), "then all chains are complete (%s)", how);
  TAP_CALL(sq_records_publish(&t.records.records));
  tap_check(file_is_right(&t), "a file that was interrupted is as any other (%s)", how);
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, path));
  end(&t);
}

/* The checksums of all records of the published file: training, testing. */
static void sums(const counters *t, uint64_t sum[TRAINING + TESTING])
{
  sq_records *records;
  TAP_CALL(sq_records_open(t->grid, t->lattice, path, &records));
  TAP_CALL(sq_records_checksums(records, 0, sum));
  TAP_CALL(sq_records_checksums(records, 1, sum + TRAINING));
  TAP_CALL(sq_records_close(&records));
}

/* A file of a version that measured one number less: extended it is as one of today; interrupted it goes on as it was.
 */
static void test_older(sq_run *run, bool replicas)
{
  const char *how = replicas ? "shared out" : "cut";
  const sq_records_info info = info_of(run);
  sq_records_info older = info;
  uint64_t today[TRAINING + TESTING], extended[TRAINING + TESTING];
  counters t;
  bool even, begun;
  int64_t complete;
  for (int g = 0; g < 2; g++) older.group[g].columns--;
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_create(&t.records, &info));
  TAP_CALL(sq_chain_records_make(&t.records, 0, 1));
  TAP_CALL(sq_records_publish(&t.records.records));
  sums(&t, today);
  end(&t);
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_create(&t.records, &older));
  TAP_CALL(sq_chain_records_make(&t.records, 0, 1));
  TAP_CALL(sq_records_publish(&t.records.records));
  TAP_CALL(sq_chain_records_extend(&t.records, &info, &complete, &even));
  TAP_CALL(sq_chain_records_restore(&t.records, complete));
  TAP_CALL(sq_chain_records_make(&t.records, complete, 1));
  TAP_CALL(sq_records_publish(&t.records.records));
  sums(&t, extended);
  tap_check(!memcmp(today, extended, sizeof today), "a file that lacks a column is extended to one of today (%s)", how);
  end(&t);
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_create(&t.records, &older));
  t.stop = 1;
  tap_check(sq_chain_records_make(&t.records, 0, 1) == SQ_ERR_STOPPED, "one that lacks it is interrupted (%s)", how);
  end(&t);
  begin(&t, run, replicas);
  TAP_CALL(sq_chain_records_resume(&t.records, &info, &begun));
  TAP_CALL(sq_chain_records_restore(&t.records, 1));
  TAP_CALL(sq_chain_records_make(&t.records, 1, 1));
  TAP_CALL(sq_records_publish(&t.records.records));
  tap_check(begun && file_is_right(&t), "and goes on without it (%s)", how);
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, path));
  end(&t);
}

/* Chain 3 alone lacks its last record, then chain 1 its second: it holds all back. */
static void test_behind(sq_run *run)
{
  const sq_records_info info = info_of(run);
  counters t;
  bool begun;
  int64_t complete;
  begin(&t, run, false);
  TAP_CALL(sq_chain_records_create(&t.records, &info));
  for (int missing = 3; missing >= 1; missing -= 2) {
    for (int64_t c = 0; c < CHAINS; c++)
      for (int64_t n = 0; n < (c == missing ? missing == 3 ? 3 : 1 : sq_chain_share(&t.records, c)); n++) {
        double columns[SQ_IO_COLUMNS] = {(double)c};
        int group;
        int64_t index;
        sq_chain_place(&t.records, c, n, &group, &index);
        t.at[c] = n + 1;
        TAP_CALL(save(&t, c, t.records.block, columns + 1));
        TAP_CALL(sq_records_write(t.records.records, group, index, t.records.block, columns));
      }
    TAP_CALL(sq_chain_records_complete(&t.records, &complete));
    tap_check(complete == 3 - 2 * (missing == 1), "chains that are through hold nobody back, others do (%d)", missing);
    TAP_CALL(sq_records_close(&t.records.records));
    if (missing == 3) TAP_CALL(sq_chain_records_create(&t.records, &info));
  }
  TAP_CALL(sq_chain_records_resume(&t.records, &info, &begun));
  TAP_CALL(sq_chain_records_restore(&t.records, 0));
  tap_check(begun && !t.records.records, "with nothing to go on from the file is closed");
  sq_records_info other = info;
  other.fingerprint++;
  tap_check(sq_chain_records_resume(&t.records, &other, &begun) == SQ_ERR_DATA, "another deck's file is refused");
  other = info;
  snprintf(other.group[1].column[4], SQ_IO_NAME, "forgotten");
  tap_check(sq_chain_records_resume(&t.records, &other, &begun) == SQ_ERR_DATA, "so is one with a column that is not "
                                                                                "known");
  end(&t);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  sq_run *run = run_of(deck);
  sq_run_path(run, "chains.h5", path);
  test_places();
  for (int replicas = 0; replicas < 2; replicas++) {
    test_make(run, replicas);
    test_resume(run, replicas);
    test_older(run, replicas);
  }
  test_behind(run);
  TAP_CALL(sq_run_destroy(&run));
  return tap_end();
}
