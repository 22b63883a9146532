/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields that are functions of their number: batches shared out, going on with a file, a failure on one replica. */
#include "src/making/fields.h"
#include "run.h"

enum { COUNT = 17 };

typedef struct {
  sq_run *run;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fields fields;
  int64_t made[COUNT]; /* how often this replica made each field */
  int64_t stop, fail;  /* the field with which a stop file appears; that cannot be made */
  bool whole;          /* batches began where they should, and were as long */
} maker;

static char deck[] = "lattice: {extents: [4, 6]}\naction: {type: phi4, kappa: 0.2, lambda: 0.02}\n", path[SQ_PATH];

static PetscErrorCode make(void *context, int64_t first, int count, double *blocks, double *columns)
{
  PetscFunctionBeginUser;
  maker *m = context;
  if (count) m->whole = m->whole && first % m->fields.batch == 0 && count == PetscMin(m->fields.batch, COUNT - first);
  for (int64_t n = first; n < first + count; n++) {
    double *block = blocks + (n - first) * m->lattice->local_volume;
    SqCheck(n != m->fail, PETSC_COMM_SELF, SQ_ERR_DATA, "field %lld cannot be made", (long long)n);
    m->made[n]++;
    sq_block_normals(m->lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)n), 0, 0, block);
    columns[(n - first) * SQ_IO_COLUMNS] = (double)(n * n);
    if (n == m->stop) {
      char stop[SQ_PATH];
      sq_run_path(m->run, "stop", stop);
      FILE *file = fopen(stop, "w");
      if (file) fclose(file);
    }
  }
  PetscFunctionReturn(0);
}

static void text(const void *context, char line[64])
{
  (void)context;
  line[0] = 0;
}

static void begin(maker *m, sq_run *run, int replicas, int batch)
{
  *m = (maker){.run = run, .stop = -1, .fail = -1, .whole = true};
  TAP_CALL(sq_grid_create(MPI_COMM_WORLD, replicas, &m->grid));
  TAP_CALL(sq_lattice_create(m->grid->domain, run->dim, run->extents, NULL, &m->lattice));
  m->fields = (sq_fields){.run = run,
                          .stage = "fields",
                          .path = path,
                          .grid = m->grid,
                          .lattice = m->lattice,
                          .batch = batch,
                          .context = m,
                          .make = make,
                          .text = text};
}

static void end(maker *m)
{
  TAP_CALL(sq_records_close(&m->fields.records));
  TAP_CALL(sq_lattice_destroy(&m->lattice));
  TAP_CALL(sq_grid_destroy(&m->grid));
}

static sq_records_info info_of(const sq_run *run)
{
  sq_records_info info;
  sq_describe_records(run, "samples", run->padded, 5, &(sq_streams){0}, deck, &info);
  sq_describe_group("generated", COUNT, 1, (const char *const[]){"square"}, false, &info);
  return info;
}

/* How often all replicas together made each field: between least and most. */
static bool made_between(const maker *m, int64_t least, int64_t most)
{
  int64_t all[COUNT];
  bool right = true;
  (void)MPI_Allreduce(m->made, all, COUNT, MPI_INT64_T, MPI_SUM, m->grid->across);
  for (int i = 0; i < COUNT; i++) right = right && all[i] >= least && all[i] <= most;
  return right;
}

/* Publishes; whether the file has every field and its column; removes it. */
static bool file_is_right(maker *m)
{
  double *block, *expected, square[SQ_IO_COLUMNS];
  bool right = true;
  TAP_CALL(sq_records_publish(&m->fields.records));
  sq_records *records;
  TAP_CALL(sq_records_open(m->grid, m->lattice, path, &records));
  TAP_CALL(sq_alloc(m->lattice->local_volume, &block));
  TAP_CALL(sq_alloc(m->lattice->local_volume, &expected));
  for (int64_t n = 0; n < COUNT; n++) {
    TAP_CALL(sq_records_read(records, 0, n, block, square));
    sq_block_normals(m->lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)n), 0, 0, expected);
    right = right && square[0] == (double)(n * n) &&
            !memcmp(block, expected, (size_t)m->lattice->local_volume * sizeof *block);
  }
  sq_free(&block);
  sq_free(&expected);
  TAP_CALL(sq_records_close(&records));
  TAP_CALL(sq_file_remove(MPI_COMM_WORLD, path));
  return right;
}

static void test_batches(sq_run *run, int replicas, int batch)
{
  const sq_records_info info = info_of(run);
  maker m;
  begin(&m, run, replicas, batch);
  TAP_CALL(sq_fields_make(&m.fields, &info));
  bool once = made_between(&m, 1, 1) && m.whole;
  tap_check(once & file_is_right(&m), "batches of %d: every field is made once", batch);
  end(&m);
}

/* Stopped with batches of one size, resumed with those of another on other ranks. */
static void test_resume(sq_run *run, int replicas, int batch, int other)
{
  const sq_records_info info = info_of(run);
  maker m;
  begin(&m, run, replicas, batch);
  m.stop = 0;
  bool stopped = sq_fields_make(&m.fields, &info) == SQ_ERR_STOPPED && made_between(&m, 0, 1);
  int64_t before[COUNT], mine[COUNT];
  (void)MPI_Allreduce(m.made, before, COUNT, MPI_INT64_T, MPI_SUM, m.grid->across);
  end(&m);
  begin(&m, run, tap.size / replicas, other);
  TAP_CALL(sq_fields_make(&m.fields, &info));
  (void)MPI_Allreduce(m.made, mine, COUNT, MPI_INT64_T, MPI_SUM, m.grid->across);
  bool missing = made_between(&m, 0, 1), all = true;
  for (int i = 0; i < COUNT; i++) all = all && before[i] + mine[i] >= 1;
  for (int i = 0; i < COUNT && other == 1; i++) all = all && before[i] + mine[i] == 1;
  tap_check((stopped && missing && all && m.whole) & file_is_right(&m),
            "batches of %d, then of %d: only batches with missing fields are made again", batch, other);
  end(&m);
}

static void test_failure(sq_run *run)
{
  const sq_records_info info = info_of(run);
  maker m;
  begin(&m, run, tap.size, 1);
  m.fail = 0;
  tap_check(sq_fields_make(&m.fields, &info) == SQ_ERR_DATA, "a field that fails on one replica ends the work of all");
  end(&m);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  sq_run *run = run_of(deck);
  sq_run_path(run, "fields.h5", path);
  for (int batch = 1; batch <= 4; batch++) {
    test_batches(run, tap.size, batch);
    test_batches(run, 1, batch);
  }
  test_resume(run, 1, 2, 1);
  test_resume(run, tap.size, 2, 1);
  test_resume(run, 1, 1, 4);
  test_resume(run, tap.size, 3, 2);
  test_failure(run);
  TAP_CALL(sq_run_destroy(&run));
  return tap_end();
}
