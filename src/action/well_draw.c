/* SPDX-License-Identifier: BSD-3-Clause */
/* A number in a quartic potential and a field, drawn: proposals from a normal distribution, taken with a probability
 * that makes them exact. With V = a phi^2 + b phi^4 and h >= 0 (else all is turned round):
 *
 * - one well, or shallow ones: phi^4 >= 2 t phi^2 - t^2 for any t, so that sq_exponential(h phi - V) lies below a
 * normal density with c = a + 2 b t in the exponent, of width 1/sqrt(2 c) about h/(2 c). A proposal is taken with
 * probability sq_exponential(-b (phi^2 - t)^2). The best t is <phi^2> of the proposals: c^3 = a c^2 + b c + b h^2/2.
 * - two deep wells: r = |phi| has the density sq_exponential(h r - V(r)) (1 + sq_exponential(-2 h r)), the sign of phi
 * is drawn given r. With any m and c = a + 3 b m^2 > 0, V(r) = V(m) + V'(m) (r - m) + c (r - m)^2 + b (r - m)^2 r (r +
 * 2 m): proposals are of width 1/sqrt(2 c) about m + (h - V'(m))/(2 c), and are taken where r > 0 with the probability
 * that the last term and the two signs make. The best m is close to where the density is largest.
 *
 * A node of the table knows c, and m: any value is right, and some are fast. The first proposals of all numbers are
 * made together.
 */
#include "squall/circle.h"
#include "well.h"
#include <math.h>

bool sq_well_is_deep(double quadratic, double quartic)
{
  return quadratic < -3 * sqrt(quartic);
}

/* From above by Newton's method, which does not overshoot there. */
static double best_exponent(double a, double b, double h)
{
  double c = fmax(a, 0) + sqrt(b) + cbrt(0.5 * b * h * h);
  for (int i = 0; i < 200; i++) {
    double next = c - (c * (c * (c - a) - b) - 0.5 * b * h * h) / (c * (3 * c - 2 * a) - b);
    if (!(next < c && next > 0)) break;
    c = next;
  }
  return c;
}

static double best_place(double a, double b, double h)
{
  double m = sqrt(-a / (2 * b)) + cbrt(h / (4 * b));
  for (int i = 0; i < 200; i++) {
    double next = m - (m * (2 * a + 4 * b * m * m) - h) / (2 * a + 12 * b * m * m);
    if (!(next < m)) break;
    m = next;
  }
  return m;
}

double sq_well_proposal(const sq_well *well, double h)
{
  if (well->quartic == 0) return well->quadratic;
  return well->deep ? best_place(well->quadratic, well->quartic, h) : best_exponent(well->quadratic, well->quartic, h);
}

static double proposal_at(const sq_well *well, double h)
{
  double s;
  if (well->quartic == 0) return well->quadratic;
  const int64_t cell = sq_well_cell(well, h, &s);
  return cell < SQ_WELL_NODES - 1 ? well->node[cell].proposal : sq_well_proposal(well, fabs(h));
}

/* One proposal, by a normal number and a uniform one; whether it is taken. */
static bool shallow(const sq_well *w, double h, double c, double normal, double u, double *phi)
{
  const double t = w->quartic > 0 ? (c - w->quadratic) / (2 * w->quartic) : 0;
  *phi = h / (2 * c) + normal / sqrt(2 * c);
  const double off = *phi * *phi - t;
  return u < sq_exponential(-w->quartic * off * off);
}

static bool deep(const sq_well *w, double h, double m, double normal, double u, double *phi)
{
  const double b = w->quartic, field = fabs(h), c = w->quadratic + 3 * b * m * m,
               slope = m * (2 * w->quadratic + 4 * b * m * m), r = m + (field - slope) / (2 * c) + normal / sqrt(2 * c),
               off = r - m, taken = r > 0 ? 0.5 * sq_exponential(-b * off * off * r * (r + 2 * m)) : 0;
  *phi = u < taken ? copysign(r, h) : -copysign(r, h);
  return u < taken * (1 + sq_exponential(-2 * field * r));
}

/* Draw number `draw` of an address: one normal number (Box-Muller), one uniform one. */
static void random_pair(sq_stream stream, uint64_t site, uint64_t step, int draw, double *normal, double *u)
{
  uint32_t word[4];
  sq_rng_block(stream, site, step, (uint16_t)draw, word);
  const uint64_t bits = (uint64_t)word[0] << 32 | word[1];
  const double radius = ((double)(bits >> 12) + 0.5) * 0x1p-52, turn = ((double)word[2] + 0.5) * 0x1p-32 - 0.5;
  *normal = sqrt(-2 * sq_logarithm(radius)) * sq_cosine(2 * PETSC_PI * turn);
  *u = ((double)word[3] + 0.5) * 0x1p-32;
}

void sq_well_draw(const sq_well *well, int64_t n, const double *h, const sq_stream *stream, uint64_t site,
                  uint64_t step, double *phi)
{
  for (int64_t i = 0; i < n; i++) {
    const double made_by = proposal_at(well, h[i]);
    bool taken = false;
    for (int draw = 0; draw < SQ_WELL_DRAWS && !taken; draw++) {
      double normal, u;
      random_pair(stream[i], site, step, draw, &normal, &u);
      taken = well->deep > 0 ? deep(well, h[i], made_by, normal, u, &phi[i]) :
                               shallow(well, h[i], made_by, normal, u, &phi[i]);
    }
  }
}
