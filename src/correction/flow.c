/* SPDX-License-Identifier: BSD-3-Clause */
/* The method ode of stage correct, its proposals: fields made by the probability flow, each with the density it is made
 * with -> ode.h5 (group ode).
 *
 * log w = S_eff - S. The divergence is taken exactly, number by number: V tangents of the network for an evaluation (N
 * V of N components), V^2 work for a field. With random signs instead, weights would be noisy in the exponent, and a
 * chain that decides by noisy weights is not exact: where V is too large for tangents, the method refuses and says what
 * it would cost. What is left is the error of integration, which correct.tolerance bounds. Field n is a function of
 * (model, seed, n).
 */
#include "squall/likelihood.h"
#include "src/correction/correction.h"
#include "src/learning/learning.h"
#include "src/ensemble/load.h"
#include "src/making/generated.h"
#include <string.h>

static double flops_of(const sq_network_shape *shape, double volume)
{
  const double tangents = volume * sq_network_components(shape);
  const double evaluations =
    110; /* of a flow, as measured at the default tolerance; a tangent costs about as much as an evaluation */
  return evaluations * (1 + tangents) * sq_network_flops(shape) * volume;
}

static PetscErrorCode check_sites(const sq_run *run, const sq_correct_settings *set, const sq_network_shape *shape,
                                  double volume)
{
  PetscFunctionBeginUser;
  const int components = sq_network_components(shape);
  SqCheck(components == 1 || components * volume <= (double)set->ode_sites, run->world, SQ_ERR_INPUT,
          "%s: correct.method: ode: %d numbers on each of %.0f sites are more than correct.ode_sites, %lld. Exact "
          "weights of the flow take as many tangents: about %.2g Tflop for each field here. Raise correct.ode_sites if "
          "you mean it, or correct by path weights (metropolis, reweight) or by partial paths and blocks (partial)",
          sq_deck_where(run->deck, "correct", "method"), components, volume, (long long)set->ode_sites,
          flops_of(shape, volume) / 1e12);
  SqCheck(components > 1 || volume <= (double)set->ode_sites, run->world, SQ_ERR_INPUT,
          "%s: correct.method: ode: %.0f sites are more than correct.ode_sites, %lld. Exact weights of the flow take "
          "as many tangents as there are sites: about %.2g Tflop for each field here. Raise "
          "correct.ode_sites if you mean it, or correct by path weights or partial paths; `squall likelihood` "
          "estimates the same weights with random signs, but they are noisy, and no chain on them is exact",
          sq_deck_where(run->deck, "correct", "method"), volume, (long long)set->ode_sites,
          flops_of(shape, volume) / 1e12);
  PetscFunctionReturn(0);
}

/* Of `fields` fields. */
static sq_plan plan_of(const sq_network_shape *shape, const int64_t *extents, const int64_t padded[SQ_DIM],
                       double volume, int64_t fields)
{
  const double numbers = volume * sq_network_components(shape);
  sq_plan plan = sq_plan_network(shape, padded, sq_tangent_batch((int64_t)numbers), false);
  plan.stage = "correct";
  plan.pieces = "fields of the probability flow, then a Metropolis chain of them,";
  plan.extents = extents;
  plan.independent = fields;
  plan.kept = 600 * numbers;
  plan.tables += 60 * sq_plan_orbits(padded);
  return plan;
}

/* What the generator stands on, beside the site's score. */
typedef struct {
  sq_noise_grid levels;
  sq_flow *flow;
} owner;

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  owner *o = self;
  PetscCall(sq_flow_destroy(&o->flow));
  sq_noise_grid_destroy(&o->levels);
  sq_free(&o);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_generator(const sq_diffusion_model *model, double tolerance, sq_site *site)
{
  PetscFunctionBeginUser;
  const sq_flow_settings settings = {.integrator = "dormand-prince", .tolerance = tolerance, .probes = 1};
  owner *o;
  PetscCall(sq_alloc(1, &o));
  PetscCall(sq_noise_grid_geometric(2, model->s_min, model->s_max,
                                    &o->levels)); /* an adaptive flow needs no levels on its way */
  PetscCall(sq_flow_create(&site->score, &o->levels, &settings, 1, &o->flow));
  sq_flow_generator(o->flow, &site->generator);
  site->generator.owner = o;
  site->generator.destroy = destroy;
  PetscFunctionReturn(0);
}

static PetscErrorCode set_up(const sq_run *run, const sq_diffusion_model *model, const sq_correct_settings *set,
                             sq_site *site)
{
  PetscFunctionBeginUser;
  const int64_t *extents = run->sample.extents;
  int64_t count = set->configurations, padded[SQ_DIM];
  double volume = sq_extents_pad(run->dim, extents, padded);
  const int64_t numbers = (int64_t)volume * sq_network_components(&model->shape);
  int batch = sq_tangent_batch(numbers);
  char text[SQ_SITE_TEXT];
  PetscCall(check_sites(run, set, &model->shape, volume));
  const sq_plan plan = plan_of(&model->shape, extents, padded, volume, count);
  PetscCall(sq_site_create(run, &plan, site));
  PetscCall(sq_site_score(site, model, batch));
  PetscCall(set_generator(model, set->tolerance, site));
  sq_info("correct: %lld fields of the probability flow, to %g, with exact divergences (%lld tangents an evaluation), "
          "on %s",
          (long long)count, set->tolerance, (long long)numbers, sq_site_describe(site, text));
  PetscFunctionReturn(0);
}

static uint64_t stream_of(const sq_run *run, const char *const *sections, const sq_correct_settings *set,
                          uint64_t model)
{
  uint64_t stream = sq_stream_join(sq_run_stream(run, "ode", sections), model);
  return sq_stream_join_extents(sq_stream_join_real(stream, set->tolerance), run->dim, run->sample.extents);
}

static PetscErrorCode make_fields(sq_run *run, const char *path)
{
  PetscFunctionBeginUser;
  static const char *const sections[] = {"lattice", "action", "sample", "correct", NULL};
  sq_correct_settings set;
  sq_model chosen;
  const sq_diffusion_model *model;
  sq_site site;
  sq_records *records;
  sq_model_origin made;
  uint64_t print;
  bool finished, shorter;
  sq_correct_settings_from_deck(run->deck, run->sample.configurations, &set);
  PetscCall(sq_load_chosen_model(run, &chosen, &made));
  PetscCall(sq_model_diffusion(&chosen, "correct.method: ode", &model));
  memcpy(&print, &set.tolerance, sizeof print);
  uint64_t fingerprint = sq_fingerprint_join(sq_run_fingerprint(run, sections), print, SQ_PART_TOLERANCE);
  fingerprint = sq_fingerprint_join(fingerprint, made.fingerprint ^ sq_model_print(&chosen), SQ_PART_FLOW_WEIGHTS);
  const sq_streams streams = {.own = stream_of(run, sections, &set, made.fingerprint), .training = made.training};
  PetscCall(sq_run_finished_or_shorter(run, path, "correct", fingerprint, streams.own, set.configurations, &finished,
                                       &shorter));
  if (!finished) {
    PetscCall(set_up(run, model, &set, &site));
    const sq_generated what = {.site = &site,
                               .stage = "correct",
                               .group = "ode",
                               .count = set.configurations,
                               .fingerprint = fingerprint,
                               .extend = shorter,
                               .streams = streams};
    PetscCall(sq_generated_make(&what, path, &records));
    PetscCall(sq_records_put_real(records, "tolerance", set.tolerance));
    PetscCall(sq_records_publish(&records));
    PetscCall(sq_site_destroy(&site));
  }
  PetscCall(sq_model_destroy(&chosen));
  PetscFunctionReturn(0);
}

/* ---- what would be done ---- */

static PetscErrorCode fits(const sq_run *run, const sq_correct_work *w)
{
  PetscFunctionBeginUser;
  PetscCall(sq_need_diffusion(run, "correct.method: ode"));
  PetscCall(sq_correct_chain_fits(run, w->set.configurations));
  PetscCall(check_sites(run, &w->set, &w->shape, w->volume));
  PetscFunctionReturn(0);
}

static PetscErrorCode plan(const sq_run *run, const sq_correct_work *w, sq_budget *budget)
{
  PetscFunctionBeginUser;
  const sq_plan fields = plan_of(&w->shape, w->extents, w->padded, w->volume, w->set.configurations);
  char text[160];
  PetscCall(sq_plan_show(run, &fields, budget));
  snprintf(text, sizeof text, "exact divergences, %.0f tangents for each of about a hundred evaluations a field",
           w->numbers);
  sq_budget_flops(run, budget, (double)w->set.configurations * flops_of(&w->shape, w->volume), text);
  sq_budget_records(budget, "ode.h5 and corrected.h5", 2 * (double)w->set.configurations, w->numbers,
                    4 + sq_obs_columns(run->action.type));
  PetscFunctionReturn(0);
}

static PetscErrorCode judge(sq_records *records, const sq_ensemble *e, sq_text *out)
{
  PetscFunctionBeginUser;
  (void)records;
  PetscCall(sq_text_add(out, "corrected: a Metropolis chain of fields that the probability flow made, by their "
                             "densities, exact for any model if it is long enough, but for the error of integration "
                             "(correct.tolerance): "));
  PetscCall(sq_correct_worth(e, out));
  PetscFunctionReturn(0);
}

const sq_correction sq_correction_ode = {.name = "ode",
                                         .summary = "a chain of independent proposals, fields of the probability flow, "
                                                    "by their own densities",
                                         .weighted = true,
                                         .from = "ode.h5",
                                         .first = make_fields,
                                         .make = sq_correct_chain,
                                         .weighs = "ode",
                                         .gives = "reweighted",
                                         .gives_biased = "reweighted (biased)",
                                         .mark = "log_weight_of_flow",
                                         .verdict = judge,
                                         .fits = fits,
                                         .plan = plan};
