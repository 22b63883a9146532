/* The stage likelihood as a row: whether its deck fits, what it would take. */
#include "src/ensemble/likelihood.h"
#include "src/stage/stage.h"

PetscErrorCode sq_likelihood_check(const sq_run *run)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  int64_t fields = sq_deck_int(deck, "likelihood", "configurations"), paths = sq_deck_int(deck, "likelihood", "paths");
  const int64_t *given;
  int count = sq_deck_ints(deck, "likelihood", "path_steps", &given);
  SqCheck(count <= SQ_LIKELIHOOD_STEPS, run->world, SQ_ERR_INPUT, "%s: likelihood.path_steps: at most %d numbers",
          sq_deck_where(deck, "likelihood", "path_steps"), SQ_LIKELIHOOD_STEPS);
  SqCheck(fields || (paths && count), run->world, SQ_ERR_INPUT,
          "%s: likelihood.configurations and likelihood.paths are both 0: there is nothing to do",
          sq_deck_where(deck, "likelihood", "configurations"));
  PetscFunctionReturn(0);
}

sq_plan sq_likelihood_plan(const sq_run *run, const sq_network_shape *shape)
{
  int64_t fields = sq_deck_int(run->deck, "likelihood", "configurations"),
          paths = sq_deck_int(run->deck, "likelihood", "paths");
  double volume = sq_volume(run->padded);
  sq_plan work = sq_plan_network(shape, run->padded, sq_tangent_batch((int64_t)volume), false);
  work.stage = "likely";
  work.pieces = "fields and paths";
  work.extents = run->extents;
  work.independent = PetscMax(1, PetscMax(fields, paths));
  work.kept = 600 * volume;
  work.tables += 60 * sq_plan_orbits(run->padded);
  return work;
}

static PetscErrorCode plan(const sq_run *run)
{
  PetscFunctionBeginUser;
  const sq_deck *deck = run->deck;
  const int64_t *given;
  int64_t fields = sq_deck_int(deck, "likelihood", "configurations"), paths = sq_deck_int(deck, "likelihood", "paths"),
          steps = sq_deck_int(deck, "likelihood", "steps");
  int count = sq_deck_ints(deck, "likelihood", "path_steps", &given);
  double tangents = sq_likelihood_tangents(run, run->padded);
  sq_network_shape shape;
  char text[160];
  PetscCall(sq_diffusion_shape(run->deck, &run->action, &shape));
  const sq_plan work = sq_likelihood_plan(run, &shape);
  double evaluations = 2 * (double)fields * 2 * (double)(steps - 1) *
                       (1 + tangents); /* Heun's; from held-out fields, and to generated ones */
  for (int i = 0; i < count; i++) evaluations += 3 * (double)(paths * given[i]);
  PetscCall(sq_plan_show(run, &work));
  snprintf(text, sizeof text,
           ": %lld fields there and back along the flow, %.0f tangents an evaluation; %lld paths for each of %d "
           "numbers "
           "of steps",
           (long long)fields, tangents, (long long)paths, count);
  sq_plan_flops(run, evaluations * sq_network_flops(&shape) * sq_volume(run->padded),
                sq_plan_rate(run->dim, run->padded), text);
  PetscFunctionReturn(0);
}

const sq_stage sq_likelihood_stage = {
  .command = {.name = "likelihood",
              .place = SQ_PLACE_LATE,
              .usage = "DECK",
              .summary = "effective actions of held-out and generated fields, and bounds on log Z",
              .sections = SQ_DECK("run", "lattice", "action", "parallel", "sample", "likelihood"),
              .params = SQ_TABLES(sq_likelihood_params),
              .make = sq_stage_likelihood},
  .section = "likelihood",
  .fits = sq_likelihood_check,
  .plan = plan};
