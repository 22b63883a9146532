/* SPDX-License-Identifier: BSD-3-Clause */
/* What a step does with every weight, by vectors of WIDTH doubles; ROOT takes the roots of one. The operations and
 * their order are those of update_generic.c, which does the rest: so are the bits. */

typedef double real __attribute__((vector_size(8 * WIDTH), aligned(8), may_alias));
typedef int64_t integer __attribute__((vector_size(8 * WIDTH), aligned(8), may_alias));
typedef float single __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

static bool add(int64_t count, float limit, bool begin, const float *gradient, int64_t *total)
{
  mask bad = {0};
  int64_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    single g = *(const single *)(gradient + i);
    mask ok = (mask)(g > -limit) & (mask)(g < limit);
    bad |= ~ok;
    integer units = __builtin_convertvector(__builtin_convertvector((single)((mask)g & ok), real) * 0x1p40, integer);
    if (!begin) units += *(const integer *)(total + i);
    *(integer *)(total + i) = units;
  }
  bool fits = true;
  for (int k = 0; k < WIDTH; k++) fits = fits && !bad[k];
  return sq_update_generic.add(count - i, limit, begin, gradient + i, total + i) && fits;
}

static void move(const sq_update *u, int64_t count, const int64_t *total, double *weight, double *first, double *second,
                 double *average, float *copy)
{
  const sq_update c = *u;
  int64_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) {
    real g = c.scale * (__builtin_convertvector(*(const integer *)(total + i), real) * 0x1p-40);
    real m = c.beta1 * *(real *)(first + i) + (1 - c.beta1) * g;
    real v = c.beta2 * *(real *)(second + i) + (1 - c.beta2) * g * g;
    real w = *(real *)(weight + i) - c.rate * (m / c.bias1) / (ROOT(v / c.bias2) + c.epsilon);
    *(real *)(first + i) = m;
    *(real *)(second + i) = v;
    *(real *)(weight + i) = w;
    *(real *)(average + i) = c.decay * *(real *)(average + i) + (1 - c.decay) * w;
    *(single *)(copy + i) = __builtin_convertvector(w, single);
  }
  sq_update_generic.move(u, count - i, total + i, weight + i, first + i, second + i, average + i, copy + i);
}
