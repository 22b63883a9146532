/* SPDX-License-Identifier: BSD-3-Clause */
/* export: the tensors of every shape of network are all of its weights, once; models with weights at random in one to
 * four dimensions as safetensors, which the reader in NumPy evaluates; fields of one, three and four dimensions and of
 * vectors as image data and XDMF. */
#include "squall/model.h"
#include "src/export/export.h"
#include "tests/tap.h"
#include <string.h>

/* Every weight is in one tensor, and names are there once. */
static void check_tensors(void)
{
  enum { SHAPES = 6 };
  const sq_network_shape shape[SHAPES] = {
    {.dim = 1, .channels = 16, .blocks = 0, .width = 1, .levels = 1, .inputs = 2, .outputs = 1},
    {.dim = 2, .channels = 32, .blocks = 2, .width = 32, .odd = true, .levels = 1, .inputs = 2, .outputs = 1},
    {.dim = 2, .channels = 16, .blocks = 1, .width = 8, .odd = true, .levels = 3, .inputs = 2, .outputs = 3},
    {.dim = 4, .channels = 16, .blocks = 3, .width = 5, .levels = 2, .inputs = 1, .outputs = 2},
    {.dim = 3,
     .channels = 16,
     .blocks = 1,
     .width = 9,
     .odd = true,
     .levels = 1,
     .inputs = 2,
     .outputs = 1,
     .components = 3},
    {.dim = 3, .channels = 16, .blocks = 1, .width = 9, .levels = 1, .inputs = 2, .outputs = 1, .causal = true}};
  sq_network_tensor t, other;
  bool fine = true;
  for (int k = 0; k < SHAPES; k++) {
    char *times;
    TAP_CALL(sq_alloc(sq_network_parameters(&shape[k]), &times));
    for (int i = 0; sq_network_tensor_of(&shape[k], i, &t); i++) {
      int64_t size = 1;
      for (int r = 0; r < t.rank; r++) size *= t.shape[r];
      for (int64_t j = t.at; j < t.at + size; j++) times[j]++;
      for (int j = 0; j < i; j++)
        fine = fine && sq_network_tensor_of(&shape[k], j, &other) && strcmp(t.name, other.name) != 0;
    }
    for (int64_t j = 0; j < sq_network_parameters(&shape[k]); j++) fine = fine && times[j] == 1;
    sq_free(&times);
  }
  tap_check(fine, "the tensors of a network are all its weights, once");
}

static void make_model(const char *theory, const double *values, sq_network_shape shape, const int64_t extent[],
                       sq_diffusion_model **out)
{
  sq_diffusion_model *m;
  double *extra;
  int64_t padded[SQ_DIM] = {1, 1, 1, 1};
  memcpy(padded + SQ_DIM - shape.dim, extent, (size_t)shape.dim * sizeof *extent);
  TAP_CALL(sq_alloc(1, &m));
  m->shape = shape;
  m->s_min = 0.05, m->s_max = 30, m->mixed = shape.levels == 1;
  TAP_CALL(sq_action_make(theory, shape.dim, values, &m->action));
  TAP_CALL(sq_orbits_create(shape.dim, padded, &m->orbits));
  m->parameters = sq_network_parameters(&shape);
  TAP_CALL(sq_alloc(m->orbits.count, &m->propagator));
  TAP_CALL(sq_alloc(m->orbits.count, &m->force_power));
  TAP_CALL(sq_alloc(m->parameters, &m->weight));
  for (int64_t o = 0; o < m->orbits.count; o++) {
    m->propagator[o] = 1 / (0.3 + m->orbits.phat2[o]);
    m->force_power[o] = 0.5 + m->orbits.phat2[o];
  }
  TAP_CALL(sq_network_init(&shape, 5, m->weight));
  TAP_CALL(sq_alloc(m->parameters, &extra));
  sq_rng_normals(sq_stream_make(4, SQ_RNG_TEST, 1), 0, m->parameters, 0, 0, extra);
  for (int64_t i = 0; i < m->parameters; i++) m->weight[i] += 0.1 * extra[i];
  sq_free(&extra);
  *out = m;
}

/* A Python with NumPy; NULL: there is none. */
static const char *python(void)
{
  static const char *const candidate[] = {"python3", "/usr/bin/python3"};
  char command[128];
  for (int i = 0; i < 2; i++) {
    snprintf(command, sizeof command, "%s -c 'import numpy, h5py' 2>/dev/null", candidate[i]);
    if (!system(command)) return candidate[i];
  }
  return NULL;
}

static void check_reader(const char *theory, const double *values, sq_network_shape shape, const int64_t extent[])
{
  sq_diffusion_model *m;
  sq_store *store;
  char model[128], file[160], command[512];
  const char *with = tap.rank ? NULL : python(), *top = getenv("srcdir");
  make_model(theory, values, shape, extent, &m);
  TAP_CALL(sq_store_create("model", &store));
  TAP_CALL(sq_diffusion_model_put(m, store));
  snprintf(model, sizeof model, "%s/model.h5", tap_directory());
  snprintf(file, sizeof file, "%s/model.safetensors", tap_directory());
  TAP_CALL(sq_store_write(MPI_COMM_WORLD, store, model, false));
  bool fine = true;
  if (tap.rank == 0) {
    TAP_CALL(sq_export_safetensors.model(&(sq_export){.from = model, .to = file, .last = -1}));
    snprintf(command, sizeof command, "PYTHONDONTWRITEBYTECODE=1 %s '%s/doc/examples/denoise.py' %s >%s.log 2>&1",
             with ? with : "true", top ? top : ".", file, file);
    fine = !system(command);
    snprintf(command, sizeof command, "sed 's/^/# /' %s.log", file);
    if (!fine && system(command)) printf("# python cannot be run\n");
    if (!with) printf("# python3-numpy and python3-h5py are not there\n");
  }
  tap_check(fine, "NumPy reads a model of %s in %d dimensions, %d levels of resolution%s", theory, shape.dim,
            shape.levels, shape.odd ? "" : ", not odd");
  TAP_CALL(sq_store_destroy(&store));
  TAP_CALL(sq_diffusion_model_destroy(&m));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_tensors();
  const double phi4[5] = {0.2, 0.1}, vectors[5] = {3, 0.2, 0.1};
  sq_network_shape s = {
    .dim = 2, .channels = 16, .blocks = 2, .width = 16, .odd = true, .levels = 1, .inputs = 2, .outputs = 1};
  check_reader("phi4", phi4, s, (int64_t[]){8, 12});
  s.odd = false, s.levels = 3, s.blocks = 1;
  check_reader("phi4", phi4, s, (int64_t[]){8, 12});
  s.dim = 1, s.levels = 2;
  check_reader("phi4", phi4, s, (int64_t[]){10});
  s.dim = 4, s.levels = 1, s.odd = true;
  check_reader("phi4", phi4, s, (int64_t[]){3, 4, 2, 5});
  s.dim = 3, s.levels = 2, s.components = 3;
  check_reader("on", vectors, s, (int64_t[]){4, 2, 6});
  return tap_end();
}
