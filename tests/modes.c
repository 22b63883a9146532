/* SPDX-License-Identifier: BSD-3-Clause */
/* modes: runs of a model of independent spins with a given bias, of which everything is known: rows of measure.csv that
 * come from weights are the exact ones of the Ising model within errors; so is the specific heat. A model of one of two
 * modes has good weights and half of Z: Monte Carlo fields show it, and the verdict says so.
 */
#include "src/app/commands.h"
#include "src/ensemble/partition.h"
#include "src/model/tractable_row.h"
#include "src/model/types.h"
#include "src/verdict/verdict.h"
#include "squall/known.h"
#include "tests/run.h"
#include "tests/spins.h"

/* ---- a model: independent spins of one bias, or, as likely, of minus that ---- */

enum { BIAS, BOTH };

typedef struct {
  sq_tractable spins;
  bool both;
} biased;

static void load(void *self, const float *weight)
{
  const biased *s = self;
  s->spins.load(s->spins.self, (const float[]){weight[0], weight[0]});
}

/* log of (q(s) + q(-s))/2, or of q(s). */
static PetscErrorCode density(void *self, int count, const double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  biased *s = self;
  const int64_t numbers = count * s->spins.lattice->local_volume;
  double *turned, other[SPINS_BATCH];
  PetscCall(sq_alloc(numbers, &turned));
  for (int64_t i = 0; i < numbers; i++) turned[i] = -blocks[i];
  PetscCall(s->spins.density(s->spins.self, count, blocks, log_q));
  if (s->both) PetscCall(s->spins.density(s->spins.self, count, turned, other));
  for (int b = 0; b < count; b++) {
    const double x = log_q[b], y = s->both ? other[b] : x, top = fmax(x, y);
    log_q[b] = top + log(0.5 * (exp(x - top) + exp(y - top)));
  }
  sq_free(&turned);
  PetscFunctionReturn(0);
}

static PetscErrorCode draw(void *self, uint64_t seed, int64_t first, int count, double *blocks, double *log_q)
{
  PetscFunctionBeginUser;
  biased *s = self;
  const int64_t n = s->spins.lattice->local_volume;
  PetscCall(s->spins.draw(s->spins.self, seed, first, count, blocks, log_q));
  for (int b = 0; b < count && s->both; b++)
    if (sq_rng_uniform(sq_stream_make(seed, SQ_RNG_TEST, (uint64_t)(first + b)), 0, 1, 0) < 0.5)
      for (int64_t i = 0; i < n; i++) blocks[b * n + i] *= -1;
  PetscCall(density(self, count, blocks, log_q));
  PetscFunctionReturn(0);
}

/* It does not learn. */
static PetscErrorCode backward(void *self, int count, const double *factor, float *gradient)
{
  (void)self, (void)count, (void)factor, (void)gradient;
  return 0;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  biased *s = self;
  PetscCall(sq_tractable_destroy(&s->spins));
  sq_free(&s);
  PetscFunctionReturn(0);
}

static PetscErrorCode make_biased(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                                  sq_tractable *model)
{
  PetscFunctionBeginUser;
  biased *s;
  (void)learning;
  PetscCall(sq_alloc(1, &s));
  s->both = shape->setting[BOTH] > 0;
  PetscCall(spins_create(lattice, batch, &s->spins));
  *model = s->spins;
  model->self = s;
  model->parameters = 1;
  model->load = load;
  model->anneal = NULL;
  model->draw = draw;
  model->density = density;
  model->backward = backward;
  model->destroy = destroy;
  PetscFunctionReturn(0);
}

static PetscErrorCode read_biased(const sq_deck *deck, const sq_action *action, double setting[])
{
  (void)action;
  setting[BIAS] = sq_deck_real(deck, "model", "bias");
  setting[BOTH] = sq_deck_real(deck, "model", "both");
  return 0;
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  (void)shape;
  return 1;
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  (void)shape, (void)extent, (void)learning;
  return (sq_generator_needs){.batch = SPINS_BATCH};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  (void)seed;
  weight[0] = shape->setting[BIAS];
  return 0;
}

static const sq_param params[] = {{"model", "bias", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "of every spin"},
                                  {"model", "both", SQ_PARAM_REAL, "0", 0, 0, NULL, "", "1: of both signs"},
                                  {0}};
static const sq_tractable_kind kind = {.setting = (const char *const[]){"bias", "both", NULL},
                                       .read = read_biased,
                                       .parameters = parameters,
                                       .needs = needs,
                                       .start = start,
                                       .make = make_biased};
static const sq_model_type biased_model = {
  .name = "biased", .summary = "independent spins", .params = params, SQ_TRACTABLE_ROW(&kind)};
const sq_model_type *const sq_model_types[] = {&sq_model_type_diffusion, &biased_model, NULL};

/* ---- runs ---- */

static void clean(const sq_run *run)
{
  static const char *const files[] = {"ensemble.h5",  "model.h5",    "samples.h5",  "forward.h5",
                                      "corrected.h5", "measure.csv", "verdicts.csv"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[SQ_PATH];
    sq_run_path(run, files[i], path);
    TAP_CALL(sq_file_remove(run->world, path));
  }
}

/* All stages of a run with such a model on 4 x 3 spins. */
static sq_run *make(double beta, const char *model, const char *method, int64_t fields)
{
  char deck[512];
  snprintf(deck, sizeof deck,
           "lattice: {extents: [4, 3]}\naction: {type: ising, beta: %g}\n"
           "mc: {configurations: 200, test: 3000, chains: 4}\nmodel: {type: biased, %s}\ntrain: {steps: 1, batch: 8}\n"
           "sample: {configurations: %lld}\ncorrect: {method: %s}\n",
           beta, model, (long long)fields, method);
  sq_run *run = run_of(deck);
  clean(run);
  for (int i = 0; sq_stages[i] != &sq_compare_stage; i++)
    if (sq_stage_wanted(sq_stages[i], run) || sq_stages[i] == &sq_measure_stage)
      TAP_CALL(sq_stages[i]->command.make(run));
  return run;
}

/* A number of measure.csv; NaN where it is not there. */
static double cell(const sq_run *run, const char *ensemble, const char *observable, const char *column)
{
  char path[SQ_PATH];
  sq_cells cells = {0};
  double x = NAN;
  sq_run_path(run, "measure.csv", path);
  MPI_Barrier(MPI_COMM_WORLD);
  TAP_CALL(sq_cells_read(path, &cells));
  for (int64_t i = 0; i < cells.rows; i++)
    if (!strcmp(sq_cells_word(&cells, i, "ensemble"), ensemble) &&
        !strcmp(sq_cells_word(&cells, i, "observable"), observable))
      x = sq_cells_number(&cells, i, column);
  sq_cells_clear(&cells);
  return x;
}

/* Within 4 errors; a false alarm in 16000. */
static void agrees(const sq_run *run, const char *ensemble, const char *observable, double exact)
{
  const double value = cell(run, ensemble, observable, "value"), error = cell(run, ensemble, observable, "error");
  tap_check(fabs(value - exact) < 4 * error && error < 0.1 * fabs(exact) + 0.02, "%s %s: %.5f(%.5f), exact %.5f",
            ensemble, observable, value, error, exact);
}

static double known(const sq_run *run, const char *name)
{
  double x;
  TAP_CALL(sq_known_value(&run->action, run->extents, name, &x));
  return x;
}

/* Whether a check has failed. */
static bool failed(const sq_run *run, const char *ensemble, const char *check)
{
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  sq_verdicts v = {0};
  int count;
  bool bad = false, found = false;
  TAP_CALL(sq_ensembles_of_run(run, e, &count));
  TAP_CALL(sq_verdicts_judge(run, e, count, &v));
  for (int i = 0; i < v.count; i++)
    if (!strcmp(v.row[i].ensemble, ensemble) && !strcmp(v.row[i].check, check)) found = true, bad = !v.row[i].passed;
  if (!found) printf("# %s has no check %s\n", ensemble, check);
  sq_verdicts_clear(&v);
  return bad || !found;
}

/* ---- tests ---- */

/* The divergence of independent unbiased spins from the Ising model, from its exact averages: log q = -V log 2. */
static void test_rows(void)
{
  sq_run *run = make(0.12, "bias: 0", "reweight", 4000);
  const double V = 12, log_Z = known(run, "log_Z"), S = V * known(run, "action_density");
  agrees(run, "generated", "log_Z", log_Z);
  agrees(run, "generated", "log_Z_forward", log_Z);
  agrees(run, "generated", "log_Z_bridge", log_Z);
  agrees(run, "generated", "free_energy", -log_Z / V);
  agrees(run, "generated", "entropy", known(run, "entropy"));
  agrees(run, "generated", "kl", log_Z - V * log(2)); /* <S> = 0 */
  agrees(run, "generated", "kl_forward", -S - log_Z + V * log(2));
  agrees(run, "generated", "log_Z_lower", V * log(2));
  agrees(run, "corrected", "log_Z", log_Z);
  agrees(run, "corrected", "free_energy", -log_Z / V);
  agrees(run, "corrected", "entropy", known(run, "entropy"));
  agrees(run, "corrected", "energy", known(run, "energy"));
  agrees(run, "corrected", "specific_heat", known(run, "specific_heat"));
  sq_action action; /* ESS = Z(beta)^2 / (2^V Z(2 beta)) */
  double log_Z2;
  TAP_CALL(sq_action_make("ising", 2, (double[]){0.24, 1}, &action));
  TAP_CALL(sq_known_log_Z(&action, run->extents, &log_Z2));
  double asked[3]; /* of the run, which keeps answers */
  for (int i = 0; i < 3; i++) TAP_CALL(sq_run_log_Z(run, i == 1 ? &run->action : &action, run->extents, &asked[i]));
  tap_check(asked[0] == log_Z2 && asked[1] == log_Z && asked[2] == log_Z2, "a run keeps what is exactly known");
  agrees(run, "generated", "ess", exp(2 * log_Z - V * log(2) - log_Z2));
  agrees(run, "generated", "ess_forward", exp(2 * log_Z - V * log(2) - log_Z2));
  agrees(run, "corrected", "ess_forward", exp(2 * log_Z - V * log(2) - log_Z2));
  tap_check(!failed(run, "weights of generated", "log_Z_bridge") &&
              !failed(run, "weights of generated", "ess_forward") && !failed(run, "weights of generated", "unseen") &&
              !failed(run, "corrected", "log_Z_bridge"),
            "a model of all modes passes");
  TAP_CALL(sq_run_destroy(&run));
}

/* Done once: another sample stage leaves forward.h5 as it is, and makes it where it is missing. */
static void test_once(void)
{
  sq_run *run = make(0.12, "bias: 0", "metropolis", 2000);
  const double log_Z = known(run, "log_Z");
  char path[SQ_PATH];
  bool there;
  agrees(run, "corrected", "log_Z", log_Z);
  agrees(run, "corrected", "free_energy", -log_Z / 12);
  agrees(run, "corrected", "entropy", known(run, "entropy"));
  agrees(run, "corrected", "energy", known(run, "energy"));
  sq_run_path(run, "forward.h5", path);
  sq_ensemble e[SQ_ENSEMBLES] = {0};
  int count;
  TAP_CALL(sq_ensembles_of_run(run, e, &count));
  const double before = e[2].partition->forward.log_Z.value;
  tap_check(!strcmp(e[2].name, "generated") && e[2].partition->forward.n == 2000 && e[2].partition->forward.held_out,
            "as many held-out fields are weighed as were generated");
  TAP_CALL(sq_file_remove(run->world, path));
  TAP_CALL(sq_run_destroy(&run));
  run = run_of("lattice: {extents: [4, 3]}\naction: {type: ising, beta: 0.12}\n"
               "mc: {configurations: 200, test: 3000, chains: 4}\nmodel: {type: biased, bias: 0}\n"
               "train: {steps: 1, batch: 8}\nsample: {configurations: 2000}\ncorrect: {method: metropolis}\n");
  TAP_CALL(sq_sample_stage.command.make(run));
  TAP_CALL(sq_file_exists(run->world, path, &there));
  TAP_CALL(sq_ensembles_of_run(run, e, &count));
  tap_check(there && e[2].partition->forward.log_Z.value == before, "weights that are missing are made anew, the same");
  TAP_CALL(sq_run_destroy(&run));
}

/* In the ordered phase: spins of one sign, then of both. */
static void test_dropped(void)
{
  sq_run *run = make(1, "bias: 1.3", "reweight", 4000);
  const double log_Z = known(run, "log_Z");
  agrees(run, "generated", "log_Z", log_Z - log(2));
  agrees(run, "generated", "log_Z_bridge", log_Z);
  tap_check(cell(run, "generated", "ess", "value") > 0.3 && cell(run, "generated", "ess_forward", "value") < 0.01,
            "one mode of two: ess %.3f, forward %.1e", cell(run, "generated", "ess", "value"),
            cell(run, "generated", "ess_forward", "value"));
  tap_check(failed(run, "weights of generated", "log_Z_bridge") && failed(run, "weights of generated", "ess_forward") &&
              failed(run, "weights of generated", "unseen") && failed(run, "corrected", "log_Z_bridge"),
            "and the verdict says so");
  tap_check(run_says(run, "verdicts.csv", "MODES WERE DROPPED"), "in words");
  TAP_CALL(sq_run_destroy(&run));
  run = make(1, "bias: 1.3, both: 1", "reweight", 4000);
  agrees(run, "generated", "log_Z", log_Z);
  agrees(run, "generated", "log_Z_bridge", log_Z);
  agrees(run, "corrected", "entropy", known(run, "entropy"));
  agrees(run, "corrected", "specific_heat", known(run, "specific_heat"));
  tap_check(!failed(run, "weights of generated", "log_Z_bridge") &&
              !failed(run, "weights of generated", "ess_forward") && !failed(run, "weights of generated", "unseen"),
            "both modes: it passes");
  TAP_CALL(sq_run_destroy(&run));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  test_rows();
  test_once();
  test_dropped();
  return tap_end();
}
