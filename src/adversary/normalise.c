/* SPDX-License-Identifier: BSD-3-Clause */
/* The weights of a critic, normalised: each stretch of them that is a matrix is divided by its largest singular value,
 * the gains of an activation by the largest of them, as a diagonal matrix would be; what depends on a noise level,
 * which there is none of, is 0.
 */
#include "src/adversary/normalise.h"
#include <math.h>
#include <string.h>

enum { FIRST_ITERATIONS = 64 };

/* A stretch, with its part of the state. */
typedef struct {
  sq_network_layer layer;
  double *left; /* [rows] */
  double sigma;
  int64_t u, largest; /* u: where its vector begins in the state; largest: the index of it among gains */
} matrix;

struct sq_normaliser {
  int count;
  matrix *matrix; /* [count] */
  double *state;  /* a copy of the last */
};

bool sq_critic_stretch(const sq_adversary_shape *shape, int i, sq_network_layer *layer)
{
  sq_network_layer before;
  if (sq_network_layer_of(&shape->critic, i, layer)) return true;
  *layer = (sq_network_layer){SQ_LAYER_OUTPUT, sq_network_parameters(&shape->critic), shape->critic.outputs, 1};
  return i == 0 || sq_network_layer_of(&shape->critic, i - 1, &before);
}

static bool is_matrix(const sq_network_layer *layer)
{
  return layer->kind == SQ_LAYER_CONVOLUTION || layer->kind == SQ_LAYER_OUTPUT;
}

int64_t sq_critic_state(const sq_adversary_shape *shape)
{
  int64_t numbers = 0;
  sq_network_layer layer;
  for (int i = 0; sq_critic_stretch(shape, i, &layer); i++) numbers += is_matrix(&layer) ? layer.columns : 0;
  return numbers;
}

/* ---- make ---- */

PetscErrorCode sq_normaliser_create(const sq_adversary_shape *shape, sq_normaliser **normaliser)
{
  PetscFunctionBeginUser;
  sq_normaliser *n;
  sq_network_layer layer;
  int64_t u = 0;
  PetscCall(sq_alloc(1, &n));
  while (sq_critic_stretch(shape, n->count, &layer)) n->count++;
  PetscCall(sq_alloc(n->count, &n->matrix));
  for (int i = 0; i < n->count; i++) {
    matrix *m = &n->matrix[i];
    (void)sq_critic_stretch(shape, i, &m->layer);
    m->u = u;
    if (!is_matrix(&m->layer)) continue;
    u += m->layer.columns;
    PetscCall(sq_alloc(m->layer.rows, &m->left));
  }
  PetscCall(sq_alloc(u, &n->state));
  *normaliser = n;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_normaliser_destroy(sq_normaliser **normaliser)
{
  PetscFunctionBeginUser;
  sq_normaliser *n = *normaliser;
  for (int i = 0; i < n->count; i++) sq_free(&n->matrix[i].left);
  sq_free(&n->matrix);
  sq_free(&n->state);
  sq_free(normaliser);
  PetscFunctionReturn(0);
}

/* ---- at work ---- */

/* A vector to begin with: the same numbers everywhere, no singular vector of any matrix. */
static void begin_vector(int64_t n, double *u)
{
  for (int64_t j = 0; j < n; j++) u[j] = 1 + 0.5 * sin((double)j + 1);
}

static bool all_zero(int64_t n, const double *u)
{
  int64_t j = 0;
  while (j < n && u[j] == 0) j++;
  return j == n;
}

static void measure_matrix(matrix *m, const float *w, double *u, bool iterate)
{
  const bool fresh = all_zero(m->layer.columns, u);
  const int iterations = !iterate ? 0 : fresh ? FIRST_ITERATIONS : 1;
  if (fresh) begin_vector(m->layer.columns, u);
  for (int i = 0; i < iterations; i++)
    m->sigma = sq_spectral_norm(m->layer.rows, m->layer.columns, w, true, u, m->left);
  if (!iterate) m->sigma = sq_spectral_norm(m->layer.rows, m->layer.columns, w, false, u, m->left);
}

static void measure_gains(matrix *m, const float *w)
{
  m->largest = 0;
  for (int64_t j = 1; j < m->layer.columns; j++)
    if (fabsf(w[j]) > fabsf(w[m->largest])) m->largest = j;
  m->sigma = fabsf(w[m->largest]);
}

/* Everything that is in no stretch is taken as it is: it lies between them and behind them. */
void sq_normaliser_apply(sq_normaliser *n, const float *weight, double *state, bool iterate, float *normalised)
{
  const sq_network_layer *last = &n->matrix[n->count - 1].layer;
  memcpy(normalised, weight, (size_t)(last->at + last->rows + 1) * sizeof *weight);
  for (int i = 0; i < n->count; i++) {
    matrix *m = &n->matrix[i];
    const sq_network_layer *l = &m->layer;
    float *w = normalised + l->at;
    m->sigma = 0;
    if (is_matrix(l)) {
      measure_matrix(m, weight + l->at, state + m->u, iterate);
      memcpy(n->state + m->u, state + m->u, (size_t)l->columns * sizeof *state);
    } else if (l->kind == SQ_LAYER_GAINS) measure_gains(m, weight + l->at);
    for (int64_t k = 0; k < l->rows * l->columns; k++) w[k] = m->sigma > 0 ? (float)(w[k] / m->sigma) : 0;
  }
}

/* The largest gain is 1 after normalisation, up to its sign, whatever it is before. */
static void gains_gradient(const matrix *m, const float *w, float *g)
{
  double along = 0;
  for (int64_t j = 0; j < m->layer.columns; j++) along += (double)g[j] * w[j];
  g[m->largest] -= (float)(along * (w[m->largest] < 0 ? -1 : 1));
  for (int64_t j = 0; j < m->layer.columns; j++) g[j] = (float)(g[j] / m->sigma);
}

void sq_normaliser_back(const sq_normaliser *n, const float *normalised, float *gradient)
{
  for (int i = 0; i < n->count; i++) {
    const matrix *m = &n->matrix[i];
    const sq_network_layer *l = &m->layer;
    float *g = gradient + l->at;
    const float *w = normalised + l->at;
    if (!(m->sigma > 0)) memset(g, 0, (size_t)(l->rows * l->columns) * sizeof *g);
    else if (is_matrix(l)) sq_spectral_gradient(l->rows, l->columns, m->sigma, w, n->state + m->u, m->left, g);
    else gains_gradient(m, w, g);
  }
}
