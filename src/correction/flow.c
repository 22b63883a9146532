/* The method ode of stage correct, its proposals: fields made by the probability flow, each with the density it is made
 * with -> ode.h5 (group ode).
 *
 * log w = S_eff - S. The divergence is taken exactly, site by site: V tangents of the network for an evaluation, V^2
 * work for a field. With random signs instead, weights would be noisy in the exponent, and a chain that decides by
 * noisy weights is not exact: where V is too large for tangents, the method refuses and says what it would cost. What
 * is left is the error of integration, which correct.tolerance bounds. Field n is a function of (model, seed, n).
 */
#include "squall/likelihood.h"
#include "src/run/fields.h"
#include "src/correction/correction.h"
#include <math.h>
#include <string.h>

enum { LOG_WEIGHT, FIRST_OBS, COLUMNS = FIRST_OBS + SQ_OBS_MOST };

typedef struct {
  sq_run *run;
  int64_t extents[SQ_DIM], padded[SQ_DIM];
  double volume;
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_model chosen;
  const sq_diffusion_model *model; /* inside */
  sq_score score;
  sq_noise_grid levels;
  sq_flow *flow;
  sq_obs *obs;
  int64_t count;
  sq_running log_weight; /* by this process, for the progress line */
  uint64_t fingerprint;
} stage;

/* ---- set-up ---- */

double sq_ode_flops(const sq_network_shape *shape, double volume)
{
  const double evaluations =
    110; /* of a flow, as measured at the default tolerance; a tangent costs about as much as an evaluation */
  return evaluations * (1 + volume) * sq_network_flops(shape) * volume;
}

PetscErrorCode sq_ode_check(const sq_run *run, const sq_network_shape *shape, double volume)
{
  PetscFunctionBeginUser;
  const double core = 1.5e11; /* flop/s */
  int64_t largest = sq_deck_int(run->deck, "correct", "ode_sites");
  SqCheck(volume <= (double)largest, run->world, SQ_ERR_INPUT,
          "%s: correct.method: ode: %.0f sites are more than correct.ode_sites, %lld. Exact weights of the flow take "
          "as many tangents as there are sites: about %.2g minutes of a core for each field here. Raise "
          "correct.ode_sites if you mean it, or correct by path weights or partial paths; `squall likelihood` "
          "estimates the same weights with random signs, but they are noisy, and no chain on them is exact",
          sq_deck_where(run->deck, "correct", "method"), volume, (long long)largest,
          sq_ode_flops(shape, volume) / core / 60);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(stage *s)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = s->run->deck;
  sq_flow_settings settings = {.integrator = "dormand-prince",
                               .tolerance = sq_deck_real(deck, "correct", "tolerance"),
                               .dilution = 0,
                               .probes = 1};
  char text[200];
  int batch = sq_tangent_batch((int64_t)s->volume);
  PetscCall(sq_ode_check(s->run, &s->model->shape, s->volume));
  PetscCall(sq_run_grid(s->run, s->extents, s->count, sq_network_bytes(&s->model->shape, s->padded, batch, false),
                        sq_network_grain(&s->model->shape), &s->grid, &s->lattice));
  PetscCall(sq_fft_create(s->lattice, &s->fft));
  PetscCall(sq_learned_score_create(s->fft, s->model, batch, false, &s->score));
  PetscCall(sq_noise_grid_geometric(2, s->model->s_min, s->model->s_max,
                                    &s->levels)); /* an adaptive flow needs no levels on its way */
  PetscCall(sq_flow_create(&s->score, &s->levels, &settings, 1, &s->flow));
  PetscCall(sq_obs_create(s->lattice, &s->run->action, &s->obs));
  sq_lattice_describe(s->lattice, text, sizeof text);
  sq_info("correct: %lld fields of the probability flow, to %g, with exact divergences (%lld tangents an evaluation), "
          "on %d replica%s, each %s",
          (long long)s->count, settings.tolerance, (long long)sq_flow_tangents(s->flow), s->grid->replicas,
          s->grid->replicas > 1 ? "s" : "", text);
  PetscFunctionReturn(0);
}

static PetscErrorCode clear(stage *s)
{
  PetscFunctionBeginUser;
  PetscCall(sq_obs_destroy(&s->obs));
  PetscCall(sq_flow_destroy(&s->flow));
  sq_noise_grid_destroy(&s->levels);
  PetscCall(sq_learned_score_destroy(&s->score));
  PetscCall(sq_fft_destroy(&s->fft));
  PetscCall(sq_lattice_destroy(&s->lattice));
  PetscCall(sq_grid_destroy(&s->grid));
  PetscFunctionReturn(0);
}

/* ---- fields ---- */

static PetscErrorCode make(void *context, int64_t n, int count, double *block, double *columns)
{
  PetscFunctionBeginUser;
  stage *s = context;
  double action;
  if (!count) PetscFunctionReturn(0);
  PetscCall(sq_flow_generate(s->flow, s->run->seed, n, 1, block, &action, NULL, NULL));
  PetscCall(sq_obs_measure(s->obs, block, columns + FIRST_OBS));
  columns[LOG_WEIGHT] = action - sq_obs_action(s->obs, columns + FIRST_OBS);
  sq_running_add(&s->log_weight, columns[LOG_WEIGHT]);
  PetscFunctionReturn(0);
}

static void progress(const void *context, char text[64])
{
  const sq_running *w = &((const stage *)context)->log_weight;
  snprintf(text, 64, "log w %.2f, spread %.2f", w->mean, sqrt(fmax(0, sq_running_variance(w))));
}

static PetscErrorCode generate(stage *s, const char *path)
{
  PetscFunctionBeginUser;
  sq_records_info info;
  char *deck;
  PetscCall(sq_deck_text_of(s->run->deck, NULL, false, &deck));
  sq_describe_records(s->run, "samples", s->padded, s->fingerprint, deck, &info);
  sq_describe_group("ode", s->count, FIRST_OBS, (const char *const[]){"log_weight"}, true, &info);
  sq_fields fields = {.run = s->run,
                      .stage = "correct",
                      .path = path,
                      .grid = s->grid,
                      .lattice = s->lattice,
                      .batch = 1,
                      .context = s,
                      .make = make,
                      .text = progress};
  PetscCall(sq_fields_make(&fields, &info));
  PetscCall(sq_records_put_real(fields.records, "tolerance", sq_deck_real(s->run->deck, "correct", "tolerance")));
  PetscCall(sq_records_publish(&fields.records));
  sq_free(&deck);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_correct_flow(sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "sample", "correct", NULL};
  stage s = {.run = run, .count = sq_deck_int(run->deck, "correct", "configurations")};
  uint64_t made, print;
  bool finished;
  PetscCall(sq_sample_extents(run, s.extents));
  s.volume = sq_extents_pad(run->dim, s.extents, s.padded);
  if (s.count < 0) s.count = sq_deck_int(run->deck, "sample", "configurations");
  PetscCall(sq_load_chosen_model(run, &s.chosen, &made));
  PetscCall(sq_model_diffusion(&s.chosen, "correct.method: ode", &s.model));
  double tolerance = sq_deck_real(run->deck, "correct", "tolerance");
  memcpy(&print, &tolerance, sizeof print);
  s.fingerprint = sq_run_fingerprint(run, sections) ^ print * 19 ^ (made ^ sq_model_print(&s.chosen)) * 11;
  PetscCall(sq_run_finished(run, path, "correct", s.fingerprint, &finished));
  if (!finished) {
    PetscCall(set_up(&s));
    PetscCall(generate(&s, path));
    PetscCall(clear(&s));
  }
  PetscCall(sq_model_destroy(&s.chosen));
  PetscFunctionReturn(0);
}
