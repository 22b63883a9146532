/* SPDX-License-Identifier: BSD-3-Clause */
/* The format safetensors: the weights of a model by names, and in the metadata what the model is. Of a diffusion model
 * there is a tensor for every layer (squall/net.h), its functions of momentum as arrays over all momenta, and a field
 * with what the model makes of it, by which a reader can tell whether it has understood (doc/export.md). Of the others
 * there are the tensors of their layout, and the other arrays and numbers of their file.
 */
#include "squall/model.h"
#include "src/export/tensors.h"
#include <math.h>
#include <string.h>

enum { MOST_SITES = 1 << 20 }; /* of the lattice of that field */

/* ---- any model ---- */

/* What the tensors point to. */
typedef struct {
  float *weight;
  double *propagator, *force_power, *input, *output;
  sq_layout layout;
} arrays;

/* Values of a file that say what a model is: numbers and short texts. */
static PetscErrorCode say_values(const sq_store *store, bool deck_alone, sq_tensors *all)
{
  PetscFunctionBeginUser;
  sq_store_value v;
  for (int i = 0; sq_store_at(store, i, &v); i++) {
    if (v.rank || (deck_alone && strcmp(v.name, "deck") != 0 && strcmp(v.name, "action") != 0)) continue;
    if (v.text) PetscCall(sq_tensors_say(all, v.name, "%s", v.text));
    else if (v.ints) PetscCall(sq_tensors_say(all, v.name, "%lld", (long long)*v.ints));
    else PetscCall(sq_tensors_say(all, v.name, "%.17g", *v.reals));
  }
  PetscFunctionReturn(0);
}

/* Weights as tensors of their layout; the other arrays of the file as they are. */
static PetscErrorCode add_arrays(const sq_store *store, const sq_model *model, arrays *a, sq_tensors *all)
{
  PetscFunctionBeginUser;
  sq_store_value v;
  int64_t count;
  const double *weight = model->type->weights(model->self, &count);
  if (model->type->layout) PetscCall(model->type->layout(model->self, &a->layout));
  const bool named = a->layout.count > 0 && a->layout.at == count;
  for (int i = 0; i < a->layout.count && named; i++) {
    const sq_network_tensor *t = &a->layout.tensor[i];
    PetscCall(sq_tensors_add(all, t->name, SQ_F64, t->rank, t->shape, weight + t->at));
  }
  for (int i = 0; sq_store_at(store, i, &v); i++)
    if (v.rank && !(named && !strcmp(v.name, "weights")))
      PetscCall(sq_tensors_add(all, v.name, v.reals ? SQ_F64 : SQ_I64, v.rank, v.shape,
                               v.reals ? (const void *)v.reals : v.ints));
  PetscFunctionReturn(0);
}

/* ---- diffusion models ---- */

static PetscErrorCode say_diffusion(const sq_diffusion_model *m, sq_tensors *all)
{
  PetscFunctionBeginUser;
  const sq_network_shape *s = &m->shape;
  char extents[64];
  sq_extents_text(s->dim, m->orbits.extent + SQ_DIM - s->dim, extents, sizeof extents);
  PetscCall(sq_tensors_say(all, "extents", "%s", extents));
  PetscCall(sq_tensors_say(all, "dim", "%d", s->dim));
  PetscCall(sq_tensors_say(all, "channels", "%d", s->channels));
  PetscCall(sq_tensors_say(all, "blocks", "%d", s->blocks));
  PetscCall(sq_tensors_say(all, "levels", "%d", s->levels));
  PetscCall(sq_tensors_say(all, "width", "%d", s->width));
  PetscCall(sq_tensors_say(all, "odd", "%d", s->odd));
  PetscCall(sq_tensors_say(all, "components", "%d", sq_network_components(s)));
  PetscCall(sq_tensors_say(all, "mixed", "%d", m->mixed));
  PetscCall(sq_tensors_say(all, "s_min", "%.17g", m->s_min));
  PetscCall(sq_tensors_say(all, "s_max", "%.17g", m->s_max));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_layers(const sq_diffusion_model *m, arrays *a, sq_tensors *all)
{
  PetscFunctionBeginUser;
  sq_network_tensor t;
  PetscCall(sq_alloc(m->parameters, &a->weight));
  for (int64_t i = 0; i < m->parameters; i++) a->weight[i] = (float)m->weight[i];
  for (int i = 0; sq_network_tensor_of(&m->shape, i, &t); i++)
    PetscCall(sq_tensors_add(all, t.name, SQ_F32, t.rank, t.shape, a->weight + t.at));
  PetscFunctionReturn(0);
}

/* f over all momenta n of the training lattice, n_mu = 0 .. L_mu - 1, the last direction fastest. */
static PetscErrorCode add_momenta(const sq_orbits *o, const char *name, const double *f, double **out, sq_tensors *all)
{
  PetscFunctionBeginUser;
  int64_t volume = 1, n[SQ_DIM];
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= o->extent[mu];
  PetscCall(sq_alloc(volume, out));
  for (int64_t i = 0; i < volume; i++) {
    int64_t rest = i;
    for (int mu = SQ_DIM - 1; mu >= 0; rest /= o->extent[mu--]) n[mu] = rest % o->extent[mu];
    (*out)[i] = f[sq_orbits_find(o, n)];
  }
  PetscCall(sq_tensors_add(all, name, SQ_F64, o->dim, o->extent + SQ_DIM - o->dim, *out));
  PetscFunctionReturn(0);
}

/* White noise of the width that fields and noise have at a level in the middle, and the denoised field. */
static PetscErrorCode evaluate(const sq_diffusion_model *m, const sq_lattice *lattice, double s, arrays *a)
{
  PetscFunctionBeginUser;
  sq_fft *fft;
  sq_score score;
  const int components = sq_network_components(&m->shape);
  const double width = 1 / sq_diffusion_model_scales_at(m, 1, s).c_in;
  PetscCall(sq_alloc(components * lattice->volume, &a->input));
  PetscCall(sq_alloc(components * lattice->volume, &a->output));
  for (int c = 0; c < components; c++)
    sq_block_normals(lattice, sq_stream_make(1, SQ_RNG_TEST, (uint64_t)c), 0, 0, a->input + c * lattice->volume);
  for (int64_t i = 0; i < components * lattice->volume; i++) a->input[i] *= width;
  PetscCall(sq_fft_create(lattice, &fft));
  PetscCall(sq_learned_score_create(fft, m, 1, false, &score));
  PetscErrorCode code = score.denoise(score.self, 1, s, 1, a->input, a->output);
  PetscCall(sq_learned_score_destroy(&score));
  PetscCall(sq_fft_destroy(&fft));
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode add_check(const sq_diffusion_model *m, arrays *a, sq_tensors *all)
{
  PetscFunctionBeginUser;
  sq_lattice *lattice;
  const int dim = m->shape.dim, vectors = sq_network_components(&m->shape) > 1;
  const int64_t *extent = m->orbits.extent + SQ_DIM - dim;
  const double s = sqrt(m->s_min * m->s_max);
  int64_t volume = 1, shape[SQ_DIM + 1] = {sq_network_components(&m->shape)};
  for (int mu = 0; mu < dim; mu++) volume *= shape[vectors + mu] = extent[mu];
  if (volume > MOST_SITES) PetscFunctionReturn(0);
  PetscCall(sq_lattice_create(MPI_COMM_SELF, dim, extent, NULL, &lattice));
  PetscErrorCode code = evaluate(m, lattice, s, a);
  PetscCall(sq_lattice_destroy(&lattice));
  PetscCall(code);
  PetscCall(sq_tensors_say(all, "check.a", "1"));
  PetscCall(sq_tensors_say(all, "check.s", "%.17g", s));
  PetscCall(sq_tensors_add(all, "check.input", SQ_F64, dim + vectors, shape, a->input));
  PetscCall(sq_tensors_add(all, "check.output", SQ_F64, dim + vectors, shape, a->output));
  PetscFunctionReturn(0);
}

static PetscErrorCode add_diffusion(const sq_model *model, arrays *a, sq_tensors *all)
{
  PetscFunctionBeginUser;
  const sq_diffusion_model *m;
  PetscCall(sq_model_diffusion(model, "export", &m));
  PetscCall(say_diffusion(m, all));
  PetscCall(add_layers(m, a, all));
  PetscCall(add_momenta(&m->orbits, "propagator", m->propagator, &a->propagator, all));
  PetscCall(add_momenta(&m->orbits, "force_power", m->force_power, &a->force_power, all));
  PetscCall(add_check(m, a, all));
  PetscFunctionReturn(0);
}

/* ---- the format ---- */

static PetscErrorCode collect(const sq_store *store, const sq_model *model, arrays *a, sq_tensors *all)
{
  PetscFunctionBeginUser;
  const bool diffusion = model->type == &sq_model_type_diffusion;
  PetscCall(sq_tensors_say(all, "format", "squall model, doc/export.md"));
  PetscCall(sq_tensors_say(all, "model", "%s", model->type->name));
  PetscCall(say_values(store, diffusion, all));
  if (diffusion) PetscCall(add_diffusion(model, a, all));
  else PetscCall(add_arrays(store, model, a, all));
  PetscFunctionReturn(0);
}

static PetscErrorCode write(const sq_export *e, const sq_store *store)
{
  PetscFunctionBeginUser;
  sq_model model = {0};
  sq_tensors all = {0};
  arrays a = {0};
  PetscCall(sq_model_get(MPI_COMM_SELF, store, e->from, &model));
  PetscErrorCode code = sq_model_place(MPI_COMM_SELF, e->from, model.type->action(model.self), &model);
  if (!code) code = collect(store, &model, &a, &all);
  if (!code) code = sq_tensors_write(&all, e->to);
  sq_tensors_clear(&all);
  sq_free(&a.weight);
  sq_layout_clear(&a.layout);
  double **array[] = {&a.propagator, &a.force_power, &a.input, &a.output};
  for (int i = 0; i < 4; i++) sq_free(array[i]);
  PetscCall(sq_model_destroy(&model));
  PetscCall(code);
  PetscFunctionReturn(0);
}

static PetscErrorCode write_model(const sq_export *e)
{
  PetscFunctionBeginUser;
  sq_store *store;
  PetscCall(sq_store_read(MPI_COMM_SELF, e->from, "model", false, &store, NULL));
  PetscErrorCode code = write(e, store);
  PetscCall(sq_store_destroy(&store));
  PetscCall(code);
  PetscFunctionReturn(0);
}

const sq_export_format sq_export_safetensors = {.name = "safetensors",
                                                .ending = ".safetensors",
                                                .summary = "the weights of a model, a tensor a layer",
                                                .model = write_model};
