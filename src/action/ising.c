/* SPDX-License-Identifier: BSD-3-Clause */
/* Ising spins,
 *   S = -sum_x sum_{mu>=0} J_mu s_x s_{x+mu},   s = +-1,   J_0 = ratio beta, J_mu = beta for the other directions.
 *
 * They have no force: heat baths of single spins move them, and clusters (squall/cluster.h). Where a direction has one
 * site, a link joins the site with itself and adds the constant -J; where it has two, each pair has two links.
 *
 * A spin is drawn by 31 bits: its probability is right to 2^-32. Site x takes word x/2 of its colour, or, where rows
 * have an odd number of sites, of its parity.
 */
#include "squall/circle.h"
#include "types.h"
#include <math.h>
#include <stdio.h>

enum { BETA, RATIO };
enum { CHUNK = 256, ROWS = 64, WORDS = 1024, LEVELS = 3 * (2 * SQ_DIM - 1) };

static bool valid(const sq_action *action, char *reason, size_t size)
{
  double beta = action->value[BETA], ratio = action->value[RATIO];
  snprintf(reason, size, "beta = %g, ratio = %g: beta and beta ratio must be numbers, and at most 1e9 in size", beta,
           ratio);
  return isfinite(ratio) && fabs(beta) <= 1e9 && fabs(beta * ratio) <= 1e9;
}

static const sq_param params[] = {{"action", "beta", SQ_PARAM_REAL, NULL, 0, 0, NULL, "",
                                   "ising, S = -beta sum s s': coupling; negative: antiferromagnet"},
                                  {"action", "ratio", SQ_PARAM_REAL, "1", 0, 0, NULL, "",
                                   "ising: coupling of direction 0 over that of the others", .later = true},
                                  {0}};

/* J of direction mu; directions before the first of the action number lattices. */
static double coupling(const sq_action *action, int mu)
{
  return mu == SQ_DIM - action->dim ? action->value[RATIO] * action->value[BETA] : action->value[BETA];
}

/* ---- energy ---- */

/* x_i x_{i+stride}, summed: a whole number. */
SQ_VECTORS static double count_links(int64_t n, const double *x, int64_t stride)
{
  int32_t whole = 0;
  for (int64_t i = 0; i < n; i++) whole += (int32_t)(x[i] * x[i + stride]);
  return whole;
}

/* Adds J times whole numbers; both parts of a product lie on the grid of exact sums, so it does not depend on how the
 * lattice is cut. */
static void energy(const sq_action *action, const sq_field *phi, sq_sum *sum)
{
  const int64_t n = phi->lattice->local[SQ_DIM - 1], rows = phi->lattice->local_volume / n;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++) {
    const double J = sq_sum_round(coupling(action, mu));
    for (int64_t row = 0; row < rows; row++) {
      const double count = count_links(n, phi->data + sq_field_row(phi, row), phi->stride[mu]), product = -J * count;
      sq_sum_add(sum, product);
      sq_sum_add(sum, fma(-J, count, -product));
    }
  }
}

/* ---- clusters ---- */

SQ_VECTORS static void strength_of_row(int64_t n, double factor, const double *x, int64_t stride, double *strength)
{
  for (int64_t i = 0; i < n; i++) strength[i] = factor * (x[i] * x[i + stride]);
}

static void strength(const sq_action *action, const sq_field *phi, const double *axis, int64_t at, int64_t n,
                     double *strength)
{
  (void)axis;
  for (int mu = SQ_DIM - action->dim; mu < SQ_DIM; mu++, strength += n)
    strength_of_row(n, 2 * coupling(action, mu), phi->data + at, phi->stride[mu], strength);
}

/* ---- the heat bath ---- */

/* What surrounds a spin is a level: in a plain bath, of one coupling, the sum of its neighbours, from -2d to 2d by
 * twos; else (2d - 1) times the sum along direction 0 plus that along the others. The spin is 1 where the upper 31 bits
 * of its word are not more than first + the steps up to its level. */
typedef struct {
  int64_t stride[SQ_DIM]; /* of the action's directions, direction 0 first */
  double weight[SQ_DIM];  /* 0: the direction has one site, whose links do not act on it; 1 */
  bool plain;             /* one coupling, and all weights are 1 */
  uint32_t first, step[LEVELS];
} bath;

static int levels_of(int dim, bool plain)
{
  return plain ? 2 * dim + 1 : 3 * (2 * dim - 1);
}

/* That a spin is 1 at a level, in units of 2^-31, minus one. */
static uint32_t most_at(const sq_action *action, bool plain, int level)
{
  const int dim = action->dim, others = 2 * dim - 1;
  double field = action->value[BETA] * (2 * level - 2 * dim);
  if (!plain)
    field = coupling(action, SQ_DIM - dim) * (2 * (level / others) - 2) +
            action->value[BETA] * (2 * (level % others) - 2 * (dim - 1));
  return (uint32_t)floor(0x1p31 / (1 + exp(-2 * field)) + 0.5) - 1;
}

static bath bath_of(const sq_action *action, const sq_field *phi)
{
  const int dim = action->dim, lead = SQ_DIM - dim;
  bath b = {.plain = action->value[RATIO] == 1};
  for (int k = 0; k < dim; k++) {
    b.stride[k] = phi->stride[lead + k];
    b.weight[k] = phi->lattice->extent[lead + k] > 1;
    b.plain = b.plain && b.weight[k] > 0;
  }
  b.first = most_at(action, b.plain, 0);
  for (int level = 1; level < levels_of(dim, b.plain); level++)
    b.step[level] = most_at(action, b.plain, level) - most_at(action, b.plain, level - 1);
  return b;
}

static inline __attribute__((always_inline)) double pair(const bath *b, const double *x, int k)
{
  return x[b->stride[k]] + x[-b->stride[k]];
}

/* level[n] of a row. */
static inline __attribute__((always_inline)) void levels_of_row(const int dim, const bool plain, const bath *b,
                                                                int64_t n, const double *x, int32_t *level)
{
  const double half = dim - 0.5;
  for (int64_t i = 0; i < n; i++) {
    double sum = pair(b, x + i, 0), others = 0;
    if (!plain) sum *= b->weight[0];
    if (dim > 1) others = plain ? pair(b, x + i, 1) : b->weight[1] * pair(b, x + i, 1);
    if (dim > 2) others += plain ? pair(b, x + i, 2) : b->weight[2] * pair(b, x + i, 2);
    if (dim > 3) others += plain ? pair(b, x + i, 3) : b->weight[3] * pair(b, x + i, 3);
    level[i] = (int32_t)(plain ? dim + 0.5 * (sum + others) : 3 * dim - 2 + (half * sum + 0.5 * others));
  }
}

typedef uint64_t __attribute__((may_alias)) bits_of_double;

/* x[n] of a row, where mask says so; word[i]: that of site i. Without branches: it is to become vectors. */
static inline __attribute__((always_inline)) void draw_row(const int dim, const bool plain, const bath *b, int64_t n,
                                                           const bool *mask, const uint32_t *word, double *x)
{
  const int levels = plain ? 2 * dim + 1 : 3 * (2 * dim - 1);
  int32_t level[CHUNK];
  uint32_t most[CHUNK];
  levels_of_row(dim, plain, b, n, x, level);
  for (int64_t i = 0; i < n; i++) {
    uint32_t up = b->first;
#pragma GCC unroll 24
    for (int k = 1; k < levels; k++) up += (uint32_t)(-(level[i] >= k)) & b->step[k];
    most[i] = (int32_t)(word[i] >> 1) > (int32_t)up;
  }
  bits_of_double *spin = (bits_of_double *)x;
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) {
    const uint64_t keep = (uint64_t)mask[i] - 1, drawn = UINT64_C(0x3ff0000000000000) | (uint64_t)most[i] << 63;
    spin[i] = (spin[i] & keep) | (drawn & ~keep); /* 1 or -1 */
  }
}

/* Rows of n <= CHUNK sites, a pitch apart. */
typedef struct {
  int64_t rows, n, pitch;
  double *x;
  const bool *mask[ROWS];     /* which sites are drawn; NULL: none of the row */
  const uint32_t *word[ROWS]; /* of the sites first, first + 2, ... */
  int first[ROWS];
} batch;

static inline __attribute__((always_inline)) void draw_batch(const int dim, const bool plain, const bath *b,
                                                             const batch *t)
{
  uint32_t word[CHUNK + 2] = {0};
  for (int64_t r = 0; r < t->rows; r++) {
    if (!t->mask[r]) continue;
    uint32_t *to = word + t->first[r];
    for (int64_t i = 0; i < (t->n - t->first[r] + 1) / 2; i++) to[2 * i] = to[2 * i + 1] = t->word[r][i];
    draw_row(dim, plain, b, t->n, t->mask[r], word, t->x + r * t->pitch);
  }
}

SQ_VECTORS static void draw_rows(int dim, const bath *b, const batch *t)
{
  switch (dim + (b->plain ? SQ_DIM : 0)) {
  case 1: draw_batch(1, false, b, t); break;
  case 2: draw_batch(2, false, b, t); break;
  case 3: draw_batch(3, false, b, t); break;
  case 4: draw_batch(4, false, b, t); break;
  case 5: draw_batch(1, true, b, t); break;
  case 6: draw_batch(2, true, b, t); break;
  case 7: draw_batch(3, true, b, t); break;
  default: draw_batch(4, true, b, t);
  }
}

/* Words of sites first, first + 2, ... of n: their halves are consecutive. Returns where they begin in packed[]. */
static const uint32_t *words_of(sq_stream stream, uint64_t first, int64_t count, uint64_t step, int draw,
                                uint32_t *packed)
{
  const uint64_t half = first / 2, skip = half % 4;
  sq_rng_words(stream, half / 4, ((int64_t)skip + count + 3) / 4, step, (uint16_t)draw, packed);
  return packed + skip;
}

/* All that the sweep of a colour goes by. */
typedef struct {
  const sq_action *action;
  sq_field *phi;
  const sq_colour *colour;
  sq_stream stream;
  uint64_t step;
  bath bath;
} sweep;

/* A part of a row of a lattice whose rows have an odd number of sites: by the parities of sites. */
static void draw_odd(const sweep *s, int64_t n, const bool *now, uint64_t site, double *x)
{
  uint32_t packed[CHUNK / 2 + 8];
  bool mask[CHUNK];
  for (int parity = 0; parity < 2; parity++) {
    bool any = false;
    for (int64_t i = 0; i < n; i++) {
      mask[i] = now[i] && ((uint64_t)i + site) % 2 == (uint64_t)parity;
      any = any || mask[i];
    }
    if (!any) continue;
    batch t = {.rows = 1, .n = n, .x = x, .mask = {mask}, .first = {(int)(((uint64_t)parity - site) % 2)}};
    t.word[0] = words_of(s->stream, site + (uint64_t)t.first[0], (n + 1) / 2, s->step, parity, packed);
    draw_rows(s->action->dim, &s->bath, &t);
  }
}

/* Where rows have an even number of sites, every other one has the colour; -1: none. */
static int first_of(const bool *now, int64_t n)
{
  if (now[0]) return 0;
  return n > 1 && now[1] ? 1 : -1;
}

static void draw_part(const sweep *s, int64_t n, const bool *now, uint64_t site, double *x)
{
  uint32_t packed[CHUNK / 2 + 8];
  batch t = {.rows = 1, .n = n, .x = x, .mask = {now}, .first = {first_of(now, n)}};
  if (t.first[0] < 0) return;
  t.word[0] = words_of(s->stream, site + (uint64_t)t.first[0], (n + 1) / 2, s->step, s->colour->colour, packed);
  draw_rows(s->action->dim, &s->bath, &t);
}

/* Short rows, whole ones of consecutive sites, together: random words come cheap in large numbers only. */
static void draw_many(const sweep *s, int64_t row, int64_t rows)
{
  const int64_t n = s->phi->lattice->local[SQ_DIM - 1];
  uint32_t packed[WORDS + 8];
  batch t = {.rows = rows, .n = n, .pitch = s->phi->stride[SQ_DIM - 2], .x = s->phi->data + sq_field_row(s->phi, row)};
  const uint32_t *word = words_of(s->stream, (uint64_t)sq_lattice_row_site(s->phi->lattice, row), rows * n / 2, s->step,
                                  s->colour->colour, packed);
  for (int64_t r = 0; r < rows; r++) {
    const bool *now = sq_colour_mask(s->colour, row + r, n);
    t.first[r] = first_of(now, n);
    t.mask[r] = t.first[r] < 0 ? NULL : now;
    t.word[r] = word + r * n / 2;
  }
  draw_rows(s->action->dim, &s->bath, &t);
}

static void draw_row_alone(const sweep *s, int64_t row)
{
  const sq_lattice *lattice = s->phi->lattice;
  const int64_t n = lattice->local[SQ_DIM - 1];
  const bool *now = sq_colour_mask(s->colour, row, n), odd = lattice->extent[SQ_DIM - 1] % 2;
  const uint64_t site = (uint64_t)sq_lattice_row_site(lattice, row);
  double *x = s->phi->data + sq_field_row(s->phi, row);
  for (int64_t i = 0; i < n; i += CHUNK)
    (odd ? draw_odd : draw_part)(s, PetscMin(n - i, (int64_t)CHUNK), now + i, site + (uint64_t)i, x + i);
}

static void draw_colour(const sq_action *action, sq_field *phi, const sq_colour *colour, sq_stream stream,
                        uint64_t step)
{
  const sq_lattice *lattice = phi->lattice;
  const int64_t n = lattice->local[SQ_DIM - 1], plane = lattice->local[SQ_DIM - 2], rows = lattice->local_volume / n;
  const int64_t most = n == lattice->extent[SQ_DIM - 1] && n % 2 == 0 && n <= CHUNK ? PetscMin(ROWS, 2 * WORDS / n) : 1;
  const sweep s = {action, phi, colour, stream, step, bath_of(action, phi)};
  for (int64_t row = 0, count; row < rows; row += count) {
    count = PetscMin(most, plane - row % plane);
    if (count > 1) draw_many(&s, row, count);
    else draw_row_alone(&s, row);
  }
}

/* ---- a spin given its neighbours ---- */

SQ_VECTORS static void log_z(const sq_action *action, const double *table, int64_t n, const double *h, double *log_z,
                             double *mean)
{
  (void)action, (void)table;
  for (int64_t i = 0; i < n; i++) {
    const double size = fabs(h[i]), away = sq_exponential(-2 * size);
    log_z[i] = size + sq_logarithm(1 + away);
    if (mean) mean[i] = copysign((1 - away) / (1 + away), h[i]);
  }
}

/* Uniform numbers phi[n] become spins. */
SQ_VECTORS static void decide(int64_t n, const double *h, double *phi)
{
  for (int64_t i = 0; i < n; i++) phi[i] = phi[i] * (1 + sq_exponential(-2 * h[i])) < 1 ? 1 : -1;
}

static void draw(const sq_action *action, const double *table, int64_t n, const double *h, const sq_stream *stream,
                 uint64_t site, uint64_t step, double *phi)
{
  (void)action, (void)table;
  for (int64_t i = 0; i < n; i++) phi[i] = sq_rng_uniform(stream[i], site, step, 0);
  decide(n, h, phi);
}

/* ---- the row ---- */

static double ordered_value(const sq_action *action)
{
  (void)action;
  return 1;
}

static const char *const columns[] = {"M", "action_density", "energy", "M_staggered", "G_pmin", NULL};

const sq_action_type sq_action_ising = {
  .name = "ising",
  .summary = "-beta sum_mu s_x s_{x+mu}, s = +-1",
  .params = params,
  .space = &sq_space_sign,
  .columns = columns,
  .symmetric = true,
  .valid = valid,
  .energy = energy,
  .bond = &(const sq_action_bond){.strength = strength},
  .local = &(const sq_action_local){.draw_colour = draw_colour},
  .given = &(const sq_action_given){.hop = coupling, .log_z = log_z, .draw = draw},
  .ordered_value = ordered_value,
};
