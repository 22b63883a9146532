/* What a model is worth: the effective sample size and the acceptance of some fields that it generates, during training
 * and on several volumes. */
#include "src/stage/weigh.h"
#include "squall/diffusion.h"
#include <math.h>
#include <string.h>

/* Log weights of fields 0 .. fields - 1, those of the stage sample, in batches that do not depend on the ranks; 0 where
 * another replica made them. */
static PetscErrorCode generate(const sq_run *run, const sq_grid *grid, const sq_lattice *lattice, sq_sampler *sampler,
                               int batch, int64_t fields, double *log_weight)
{
  PetscFunctionBeginUser;
  sq_obs *obs;
  double *blocks, columns[SQ_OBS_COLUMNS];
  PetscCall(sq_obs_create(lattice, &run->action, &obs));
  PetscCall(sq_alloc(batch * lattice->local_volume, &blocks));
  for (int64_t first = (int64_t)grid->replica * batch; first < fields; first += (int64_t)grid->replicas * batch) {
    int count = (int)PetscMin(batch, fields - first);
    PetscCall(sq_sampler_generate(sampler, run->seed, first, count, blocks, log_weight + first, NULL, NULL));
    for (int b = 0; b < count; b++) {
      PetscCall(sq_obs_measure(obs, blocks + b * lattice->local_volume, columns));
      log_weight[first + b] -= columns[SQ_OBS_ACTION] * (double)lattice->volume;
    }
  }
  sq_free(&blocks);
  PetscCall(sq_obs_destroy(&obs));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weigh(const sq_run *run, const sq_grid *grid, sq_fft *fft, const sq_diffusion_model *model,
                        int64_t fields, sq_weighed *w)
{
  PetscFunctionBeginUser;
  int batch = sq_score_batch(&model->shape, fft->lattice->volume);
  double *log_weight, began = sq_now();
  sq_running all = {0};
  sq_score score;
  sq_noise_grid levels;
  sq_sampler *sampler;
  PetscCall(sq_learned_score_create(fft, model, batch, false, &score));
  PetscCall(sq_levels_of(run, model, &score, (int)sq_deck_int(run->deck, "sample", "steps"), &levels));
  PetscCall(sq_sampler_of(run, &score, &levels, batch, &sampler));
  PetscCall(sq_alloc(fields, &log_weight));
  PetscCall(generate(run, grid, fft->lattice, sampler, batch, fields, log_weight));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, log_weight, (int)fields, MPI_DOUBLE, MPI_SUM, grid->across));
  for (int64_t i = 0; i < fields; i++) sq_running_add(&all, log_weight[i]);
  *w = (sq_weighed){.fields = fields,
                    .ess = sq_weights_summary(fields, log_weight).ess,
                    .acceptance = sq_weights_acceptance(fields, log_weight),
                    .spread = sqrt(sq_running_variance(&all)),
                    .seconds = (sq_now() - began) * run->size / (double)fields};
  sq_free(&log_weight);
  PetscCall(sq_sampler_destroy(&sampler));
  sq_noise_grid_destroy(&levels);
  PetscCall(sq_learned_score_destroy(&score));
  PetscFunctionReturn(0);
}

/* ---- on several volumes ---- */

static PetscErrorCode weigh_cube(const sq_run *run, const sq_diffusion_model *model, int64_t side, sq_text *out)
{
  PetscFunctionBeginUser;
  int64_t extents[SQ_DIM] = {side, side, side, side}, padded[SQ_DIM],
          fields = sq_deck_int(run->deck, "sample", "weighed");
  double volume = sq_extents_pad(run->dim, extents, padded);
  int batch = sq_score_batch(&model->shape, (int64_t)volume);
  char text[64];
  sq_grid *grid;
  sq_lattice *lattice;
  sq_fft *fft;
  sq_weighed w;
  PetscCall(sq_run_grid(run, extents, (fields + batch - 1) / batch,
                        sq_network_bytes(&model->shape, padded, batch, false), sq_network_grain(&model->shape), &grid,
                        &lattice));
  PetscCall(sq_fft_create(lattice, &fft));
  PetscCall(sq_weigh(run, grid, fft, model, fields, &w));
  sq_extents_text(run->dim, extents, text, sizeof text);
  PetscCall(sq_text_add(out, "%.0f,%s,%lld,%.6g,%.6g,%.6g,%.4g\n", volume, text, (long long)fields, w.ess, w.acceptance,
                        w.spread, w.seconds));
  sq_info("sample: on %s sites, %lld fields: effective sample size %.3f, acceptance %.3f, spread of log w %.3g; %.3g "
          "core-seconds a field",
          text, (long long)fields, w.ess, w.acceptance, w.spread, w.seconds);
  PetscCall(sq_fft_destroy(&fft));
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(sq_grid_destroy(&grid));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weigh_volumes(const sq_run *run, const sq_diffusion_model *model, bool before)
{
  PetscFunctionBeginUser;
  const int64_t *side;
  int count = sq_deck_ints(run->deck, "sample", "weigh", &side);
  sq_text out = {0};
  char path[SQ_PATH];
  bool exists;
  if (!count) PetscFunctionReturn(0);
  sq_run_path(run, "volume_worth.csv", path);
  PetscCall(sq_file_exists(run->world, path, &exists));
  if (before && exists) {
    sq_info("sample: weighed before, %s is kept; remove it to weigh again", path);
    PetscFunctionReturn(0);
  }
  PetscCall(sq_weigh_check(run));
  PetscCall(sq_text_add(&out, "sites,extents,fields,ess,acceptance,spread,core_seconds_a_field\n"));
  for (int i = 0; i < count; i++) PetscCall(weigh_cube(run, model, side[i], &out));
  PetscCall(sq_run_write(run, "volume_worth.csv", &out));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weigh_check(const sq_run *run)
{
  PetscFunctionBeginUser;
  const int64_t *side;
  const char *sampler = sq_deck_text(run->deck, "sample", "sampler");
  bool wanted = sq_deck_ints(run->deck, "sample", "weigh", &side) > 0 || sq_deck_int(run->deck, "train", "weigh") > 0;
  SqCheck(!wanted || sq_sampler_find(sampler)->weighted, run->world, SQ_ERR_INPUT,
          "sample.weigh, train.weigh: the sampler %s has no path weights, only %s have", sampler, sq_weighted_samplers);
  PetscFunctionReturn(0);
}
