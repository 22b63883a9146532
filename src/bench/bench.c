/* The command bench: times parts of squall on the lattice and network of a deck, with what bounds them beside it; CSV
 * to the standard output. */
#include "src/bench/bench.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

PetscErrorCode sq_bench_time(const sq_bench *bench, sq_bench_work work, void *context, double *seconds)
{
  PetscFunctionBeginUser;
  const double least = 0.1; /* seconds of a round */
  const int rounds = 7;
  int64_t calls = 1;
  *seconds = INFINITY;
  PetscCall(work(context)); /* warm */
  for (int round = 0; round < rounds; round++) {
    double time;
    PetscCallMPI(MPI_Barrier(bench->run->world));
    double began = sq_now();
    for (int64_t i = 0; i < calls; i++) PetscCall(work(context));
    time = sq_now() - began;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &time, 1, MPI_DOUBLE, MPI_MAX, bench->run->world));
    if (time < least && round == 0) { /* not yet a round: only now is it known how many calls make one */
      calls = (int64_t)fmin(1e6, ceil(1.1 * least / fmax(time / (double)calls, 1e-8)));
      continue;
    }
    *seconds = fmin(*seconds, time / (double)calls);
  }
  PetscFunctionReturn(0);
}

void sq_bench_row(const sq_bench *bench, const char *what, double seconds, double rate, const char *unit, double share)
{
  if (!sq_log_speaks()) return;
  printf("%s,\"%s\",%d,%.4g,", bench->name, what, bench->run->size, seconds);
  if (isfinite(rate)) printf("%.4g", rate);
  printf(",%s,", unit);
  if (isfinite(share)) printf("%.3f", share);
  printf("\n");
  fflush(stdout);
}

/* ---- what the machine can do ---- */

enum { GEMM = 768, TRIAD = 1 << 24 };

typedef struct {
  float *a, *b, *c;  /* [GEMM][GEMM] */
  double *x, *y, *z; /* [TRIAD] */
} machine;

static PetscErrorCode multiply(void *context)
{
  machine *m = context;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, GEMM, GEMM, GEMM, 1, m->a, GEMM, m->b, GEMM, 0, m->c, GEMM);
  return 0;
}

static PetscErrorCode add(void *context)
{
  machine *m = context;
  for (int64_t i = 0; i < TRIAD; i++) m->x[i] = m->y[i] + 0.5 * m->z[i];
  return 0;
}

static PetscErrorCode measure_machine(sq_bench *bench, double seconds[2])
{
  PetscFunctionBeginUser;
  machine m;
  PetscCall(sq_alloc(GEMM * GEMM, &m.a));
  PetscCall(sq_alloc(GEMM * GEMM, &m.b));
  PetscCall(sq_alloc(GEMM * GEMM, &m.c));
  PetscCall(sq_alloc(TRIAD, &m.x));
  PetscCall(sq_alloc(TRIAD, &m.y));
  PetscCall(sq_alloc(TRIAD, &m.z));
  for (int i = 0; i < GEMM * GEMM; i++) m.a[i] = m.b[i] = 1;
  PetscCall(sq_bench_time(bench, multiply, &m, &seconds[0]));
  PetscCall(sq_bench_time(bench, add, &m, &seconds[1]));
  bench->sgemm = 2. * GEMM * GEMM * GEMM / seconds[0];
  bench->triad = 3. * sizeof(double) * TRIAD / seconds[1];
  sq_free(&m.a);
  sq_free(&m.b);
  sq_free(&m.c);
  sq_free(&m.x);
  sq_free(&m.y);
  sq_free(&m.z);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_machine(sq_bench *bench)
{
  PetscFunctionBeginUser;
  double seconds[2];
  PetscCall(measure_machine(bench, seconds));
  sq_bench_row(bench, "sgemm", seconds[0], bench->sgemm / 1e9, "Gflop/s", NAN);
  sq_bench_row(bench, "triad", seconds[1], bench->triad / 1e9, "GB/s", NAN);
  PetscFunctionReturn(0);
}

/* ---- the command ---- */

/* Whether a word of the given length is this name. */
static bool named(const char *word, size_t length, const char *name)
{
  return strlen(name) == length && !strncmp(word, name, length);
}

static bool means(const char *word, size_t length, const sq_benchmark *row)
{
  return named(word, length, row->name) || (named(word, length, "all") && !row->apart);
}

static bool listed(const char *list, const sq_benchmark *row)
{
  bool found = false;
  for (const char *word = list; *word && !found; word += strspn(word, ",")) {
    size_t length = strcspn(word, ",");
    found = means(word, length, row);
    word += length;
  }
  return found;
}

/* Error: SQ_ERR_INPUT for a word that names no benchmark. */
static PetscErrorCode check_list(const sq_run *run, const char *list)
{
  PetscFunctionBeginUser;
  char names[160] = "";
  for (int i = 0; sq_benchmarks[i].name; i++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s, ", sq_benchmarks[i].name);
  }
  for (const char *word = list;; word++) {
    size_t length = strcspn(word, ",");
    bool known = false;
    for (int i = 0; sq_benchmarks[i].name; i++) known = known || means(word, length, &sq_benchmarks[i]);
    SqCheck(known, run->world, SQ_ERR_INPUT, "%s: bench.parts: \"%.*s\" is none of %sall",
            sq_deck_where(run->deck, "bench", "parts"), (int)length, word, names);
    word += length;
    if (!*word) break;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode bench_all(sq_run *run)
{
  PetscFunctionBeginUser;
  sq_bench bench = {.run = run, .name = "machine", .set = sq_bench_settings_from_deck(run->deck)};
  const char *list = bench.set.parts;
  if (run->words && sq_words_value(run->words, "--save")) {
    PetscCall(sq_bench_save(run));
    PetscFunctionReturn(0);
  }
  PetscCall(check_list(run, list));
  if (sq_log_speaks()) printf("part,what,ranks,seconds,rate,unit,share\n");
  PetscCall(sq_bench_machine(&bench)); /* always: it is what the others are shares of */
  for (int i = 1; sq_benchmarks[i].name; i++) {
    bench.name = sq_benchmarks[i].name;
    if (listed(list, &sq_benchmarks[i])) PetscCall(sq_benchmarks[i].measure(&bench));
  }
  PetscFunctionReturn(0);
}

const sq_command sq_bench_command = {.name = "bench",
                                     .place = SQ_PLACE_LAST,
                                     .usage = "DECK",
                                     .summary = "time parts of squall on the deck's lattice and network against what "
                                                "bounds them; CSV",
                                     .sections = SQ_DECK("lattice", "parallel", "model", "train", "sample", "bench"),
                                     .params = SQ_TABLES(sq_bench_params),
                                     .options = SQ_OPTIONS({"--save", NULL,
                                                            "instead: try the stages of the deck at two short lengths "
                                                            "and keep what they cost, for squall check"}),
                                     .make = bench_all,
                                     .prints = true};
