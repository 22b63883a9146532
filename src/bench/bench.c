/* SPDX-License-Identifier: BSD-3-Clause */
/* The command bench: times parts of squall on the lattice and network of a deck, with what bounds them beside it; CSV
 * to the standard output. */
#include "src/bench/bench.h"
#include "src/costs/peak.h"
#include "src/trial/trial.h"
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

static void print_row(const sq_bench *bench, const char *what, double seconds, double rate, const char *unit,
                      const double share[3])
{
  if (!sq_log_speaks()) return;
  printf("%s,\"%s\",%d,%.4g,", bench->name, what, bench->run->size, seconds);
  if (isfinite(rate)) printf("%.4g", rate);
  printf(",%s", unit);
  for (int i = 0; i < 3; i++) {
    printf(",");
    if (isfinite(share[i])) printf("%.3f", share[i]);
  }
  printf("\n");
  fflush(stdout);
}

void sq_bench_row(const sq_bench *bench, const char *what, double seconds, double rate, const char *unit, double share)
{
  print_row(bench, what, seconds, rate, unit, (double[]){share, NAN, NAN});
}

void sq_bench_roof(const sq_bench *bench, const char *what, double seconds, double flops, double bytes)
{
  const double peak = flops > 0 ? flops / seconds / bench->peak : NAN,
               memory = bytes > 0 ? bytes / seconds / bench->triad : NAN;
  print_row(bench, what, seconds, (flops > 0 ? flops : bytes) / seconds / 1e9, flops > 0 ? "Gflop/s" : "GB/s",
            (double[]){fmax(peak, memory), peak, memory});
}

/* ---- what the machine can do ---- */

enum { GEMM = 768, TRIAD = 1 << 24, ROUNDS = 1 << 20 };

typedef struct {
  const sq_peak_set *set;
  float result;      /* of its work, so that it has to be done */
  float *a, *b, *c;  /* [GEMM][GEMM] */
  double *x, *y, *z; /* [TRIAD] */
} machine;

static PetscErrorCode multiply_add(void *context)
{
  machine *m = context;
  m->result += m->set->work(ROUNDS);
  return 0;
}

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

static PetscErrorCode measure_peak(sq_bench *bench, machine *m)
{
  PetscFunctionBeginUser;
  sq_peak_set set[SQ_PEAK_SETS];
  const int sets = sq_peak_sets(set);
  for (int i = 0; i < sets; i++) {
    double seconds;
    char what[64];
    m->set = &set[i];
    PetscCall(sq_bench_time(bench, multiply_add, m, &seconds));
    const double rate = sq_peak_flops(&set[i], ROUNDS) / seconds;
    bench->peak = fmax(bench->peak, rate);
    snprintf(what, sizeof what, "multiply-adds in registers, %s", set[i].name);
    sq_bench_row(bench, what, seconds, rate / 1e9, "Gflop/s", NAN);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode measure_memory(sq_bench *bench, machine *m)
{
  PetscFunctionBeginUser;
  double seconds;
  PetscCall(sq_alloc(TRIAD, &m->x));
  PetscCall(sq_alloc(TRIAD, &m->y));
  PetscCall(sq_alloc(TRIAD, &m->z));
  PetscCall(sq_bench_time(bench, add, m, &seconds));
  bench->triad = 3. * sizeof(double) * TRIAD / seconds;
  sq_bench_row(bench, "triad", seconds, bench->triad / 1e9, "GB/s", NAN);
  sq_free(&m->x);
  sq_free(&m->y);
  sq_free(&m->z);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_bench_machine(sq_bench *bench)
{
  PetscFunctionBeginUser;
  machine m = {0};
  double seconds;
  float **matrix[] = {&m.a, &m.b, &m.c};
  PetscCall(measure_peak(bench, &m));
  for (int i = 0; i < 3; i++) PetscCall(sq_alloc(GEMM * GEMM, matrix[i]));
  for (int i = 0; i < GEMM * GEMM; i++) m.a[i] = m.b[i] = 1;
  PetscCall(sq_bench_time(bench, multiply, &m, &seconds));
  sq_bench_roof(bench, "sgemm of the BLAS library", seconds, 2. * GEMM * GEMM * GEMM, 0);
  for (int i = 0; i < 3; i++) sq_free(matrix[i]);
  PetscCall(measure_memory(bench, &m));
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
    PetscCall(sq_trial_save(run));
    PetscFunctionReturn(0);
  }
  PetscCall(check_list(run, list));
  if (sq_log_speaks()) printf("part,what,ranks,seconds,rate,unit,share,of_peak,of_bandwidth\n");
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
