/* SPDX-License-Identifier: BSD-3-Clause */
/* The type fourier-flow: paths of one dimension from their modes (squall/fourierflow.h). */
#include "src/model/fourier_flow.h"
#include "src/model/types.h"
#include <string.h>

/* False where there is no such model. */
static bool model_of(const sq_tractable_shape *shape, sq_fourierflow_shape *m)
{
  const int64_t sites = shape->extent[SQ_DIM - 1];
  *m = (sq_fourierflow_shape){.action = shape->action,
                              .sites = (int)PetscMin(sites, SQ_FOURIER_SITES + 1),
                              .layers = sq_tractable_whole(shape, FOURIER_LAYERS, 0, SQ_FOURIER_LAYERS),
                              .channels = sq_tractable_whole(shape, FOURIER_CHANNELS, 1, 512),
                              .depth = sq_tractable_whole(shape, FOURIER_DEPTH, 0, 16),
                              .spacing = sq_tractable_whole(shape, FOURIER_SPACING, 0, SQ_FOURIER_SPACING),
                              .modes = sq_tractable_whole(shape, FOURIER_MODES, 0, SQ_FOURIER_MODES),
                              .peaks = sq_tractable_whole(shape, FOURIER_PEAKS, 0, SQ_FOURIER_PEAKS),
                              .kinks = sq_tractable_whole(shape, FOURIER_KINKS, 0, 1)};
  const bool fine = !sq_fourierflow_lacks(&shape->action) && m->sites <= SQ_FOURIER_SITES && m->layers >= 0 &&
                    m->channels > 0 && m->depth >= 0 && m->spacing >= 0 && m->modes >= 0 && m->peaks >= 0 &&
                    m->kinks >= 0;
  if (fine) sq_fourierflow_complete(m);
  return fine;
}

static PetscErrorCode fits(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM])
{
  PetscFunctionBeginUser;
  sq_fourierflow_shape m;
  SqCheck(model_of(shape, &m), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "lattice.extents: a model of type fourier-flow is for paths of at most %d sites in one direction",
          SQ_FOURIER_SITES);
  SqCheck(!memcmp(shape->extent, extent, sizeof shape->extent), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "a model of type fourier-flow works on paths of as many sites as it was trained on, %lld, not %lld",
          (long long)shape->extent[SQ_DIM - 1], (long long)extent[SQ_DIM - 1]);
  PetscFunctionReturn(0);
}

static int64_t parameters(const sq_tractable_shape *shape)
{
  sq_fourierflow_shape m;
  return model_of(shape, &m) ? sq_fourierflow_parameters(&m) : 0;
}

static PetscErrorCode layout(const sq_tractable_shape *shape, sq_layout *list)
{
  PetscFunctionBeginUser;
  sq_fourierflow_shape m;
  if (model_of(shape, &m)) PetscCall(sq_fourierflow_layout(&m, list));
  PetscFunctionReturn(0);
}

static sq_generator_needs needs(const sq_tractable_shape *shape, const int64_t extent[SQ_DIM], bool learning)
{
  sq_fourierflow_shape m;
  (void)extent, (void)learning;
  if (!model_of(shape, &m)) return (sq_generator_needs){.batch = 2};
  const int batch = sq_fourierflow_batch(&m);
  return (sq_generator_needs){
    .batch = batch, .bytes = sq_fourierflow_bytes(&m, batch), .whole = true, .flops = sq_fourierflow_flops(&m)};
}

static PetscErrorCode start(const sq_tractable_shape *shape, uint64_t seed, double *weight)
{
  PetscFunctionBeginUser;
  sq_fourierflow_shape m;
  if (model_of(shape, &m)) PetscCall(sq_fourierflow_init(&m, seed, weight));
  PetscFunctionReturn(0);
}

static PetscErrorCode make(const sq_tractable_shape *shape, const sq_lattice *lattice, int batch, bool learning,
                           sq_tractable *tractable)
{
  PetscFunctionBeginUser;
  sq_fourierflow_shape m;
  (void)learning;
  PetscCall(fits(shape, lattice->extent));
  (void)model_of(shape, &m);
  PetscCall(sq_fourierflow_create(lattice, &m, batch, tractable));
  PetscFunctionReturn(0);
}

static void describe(const sq_tractable_shape *shape, char *text, size_t size)
{
  sq_fourierflow_shape m;
  if (!model_of(shape, &m)) return;
  const int used = snprintf(text, size, "%d couplings of %d modes, networks of %d channels, ", m.layers, m.modes,
                            m.channels);
  if (used < 0 || (size_t)used >= size) return;
  if (m.kinks) snprintf(text + used, size - (size_t)used, "kinks");
  else snprintf(text + used, size - (size_t)used, "a zero mode of %d peak%s", m.peaks, m.peaks == 1 ? "" : "s");
}

static const sq_tractable_kind kind = {.setting = sq_fourier_flow_settings,
                                       .read = sq_fourier_flow_read,
                                       .fits = fits,
                                       .parameters = parameters,
                                       .layout = layout,
                                       .needs = needs,
                                       .start = start,
                                       .make = make,
                                       .describe = describe};

const sq_model_type sq_model_type_fourier_flow = {.name = "fourier-flow",
                                                  .summary = "paths from their Fourier modes, with exact weights",
                                                  .params = sq_fourier_flow_params,
                                                  .lacks = sq_fourierflow_lacks,
                                                  SQ_TRACTABLE_ROW(&kind)};
