/* Evaluates the network, and its derivative along directions in the inputs.
 *
 * Convolutions, pooling and the residual stream are linear: a direction goes through them as a field does. Only
 * activations tell them apart (their tangent at the field's own input), so fields and their directions go through the
 * network together, as entries of one batch.
 */
#include "src/net/network.h"
#include <string.h>

/* A direction does not move the constant. */
static void fill_inputs(sq_network *n, int b, bool direction, const double *noisy, const double *filtered, double c_in,
                        double c_w)
{
  const sq_nn_block *block = &n->level[0].field;
  int inputs = n->layout.inputs;
  float *x = n->input + b * block->sites * inputs;
  for (int64_t r = 0, i = 0; r < block->rows; r++) {
    float *row = x + sq_nn_row(block, r) * inputs;
    for (int64_t k = 0; k < block->n[3]; k++, i++) {
      row[k * inputs] = (float)(c_in * noisy[i]);
      row[k * inputs + 1] = (float)(c_w * filtered[i]);
      if (inputs == 3) row[k * inputs + 2] = direction ? 0 : 1;
    }
  }
}

static void condition(sq_network *n, int b, double level)
{
  const sq_network_layout *l = &n->layout;
  const float *p = n->parameter;
  int width = n->shape.width;
  sq_nn_features(level, n->feature + b * SQ_NN_WAVES);
  sq_nn_dense(width, l->modulations, n->feature + b * SQ_NN_WAVES, p + l->w1, p + l->b1, p + l->w2, p + l->b2,
              n->hidden + b * width, n->modulation + b * l->modulations);
}

static PetscErrorCode units_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r];
  sq_halo *halo = n->level[run->level].halo;
  for (int k = 0; k < n->shape.blocks; k++) {
    int unit = r * n->shape.blocks + k;
    sq_layer_activate(n, run->level, 2 * unit, run->h[k], run->act[2 * k]);
    PetscCall(sq_layer_conv(n, sq_network_unit_conv(unit, 0), halo, run->act[2 * k], NULL, run->inner[k]));
    sq_layer_activate(n, run->level, 2 * unit + 1, run->inner[k], run->act[2 * k + 1]);
    PetscCall(sq_layer_conv(n, sq_network_unit_conv(unit, 1), halo, run->act[2 * k + 1], run->h[k], run->h[k + 1]));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode transition_forward(sq_network *n, int r)
{
  PetscFunctionBeginUser;
  unit_run *run = &n->run[r], *next = &n->run[r + 1];
  float *end = run->h[n->shape.blocks];
  int i = sq_network_transition(&n->layout, r);
  if (next->level > run->level) {
    grid_level *coarse = &n->level[next->level];
    sq_layer_pool(n, run->level, n->level[run->level].channels, sq_layer_cell_share(n), end, run->pooled);
    PetscCall(sq_layer_conv(n, i, coarse->halo_half, run->pooled, NULL, next->h[0]));
  } else {
    grid_level *coarse = &n->level[run->level];
    float *skip = n->run[next->level].h[n->shape.blocks]; /* the run of the same level on the way down */
    PetscCall(sq_layer_conv(n, i, coarse->halo, end, NULL, coarse->half));
    if (next->h[0] != skip) memcpy(next->h[0], skip, sq_layer_bytes(n, next->level));
    sq_layer_spread(n, next->level, coarse->channels / 2, 1, coarse->half, next->h[0]);
  }
  PetscFunctionReturn(0);
}

/* Entries with base[b] != b are directions; base NULL: none. */
static PetscErrorCode evaluate(sq_network *n, int count, const int *base, const double *noisy, const double *filtered,
                               const double *c_in, const double *c_w, const double *level, double *out)
{
  PetscFunctionBeginUser;
  const sq_network_layout *l = &n->layout;
  const sq_nn_block *block = &n->level[0].field;
  int64_t volume = n->level[0].lattice->local_volume;
  if (n->wide) {
    PetscCall(sq_wide_evaluate(n->wide, count, base, noisy, filtered, c_in, c_w, level, out));
    PetscFunctionReturn(0);
  }
  sq_layer_set_count(n, count, base);
  for (int b = 0; b < count; b++) {
    bool direction = base && base[b] != b;
    fill_inputs(n, b, direction, noisy + b * volume, filtered + b * volume, c_in[b], c_w[b]);
    if (!direction) condition(n, b, level[b]);
  }
  PetscCall(sq_layer_conv(n, 0, n->halo_in, n->input, NULL, n->run[0].h[0]));
  for (int r = 0; r < l->runs; r++) {
    PetscCall(units_forward(n, r));
    if (r + 1 < l->runs) PetscCall(transition_forward(n, r));
  }
  sq_layer_activate(n, 0, l->activations - 1, n->run[l->runs - 1].h[n->shape.blocks], n->act_out);
  PetscCall(sq_layer_conv(n, l->convs - 1, n->level[0].halo, n->act_out, NULL, n->output));
  for (int b = 0; b < count; b++)
    for (int64_t r = 0, i = 0; r < block->rows; r++) {
      const float *row = n->output + b * block->sites + sq_nn_row(block, r);
      for (int64_t k = 0; k < block->n[3]; k++, i++) out[b * volume + i] = row[k];
    }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_forward(sq_network *n, int count, const double *noisy, const double *filtered,
                                  const double *c_in, const double *c_w, const double *level, double *out)
{
  PetscFunctionBeginUser;
  PetscCall(evaluate(n, count, NULL, noisy, filtered, c_in, c_w, level, out));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_network_tangent(sq_network *n, int count, const int *base, const double *noisy,
                                  const double *filtered, const double *c_in, const double *c_w, const double *level,
                                  double *out)
{
  PetscFunctionBeginUser;
  PetscCall(evaluate(n, count, base, noisy, filtered, c_in, c_w, level, out));
  PetscFunctionReturn(0);
}
