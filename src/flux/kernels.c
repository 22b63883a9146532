/* SPDX-License-Identifier: BSD-3-Clause */
/* See kernels.h.
 *
 * l of a link, given all else, has the weights p(l) with
 *   p(l+1)/p(l) = W(f_x + 2) W(f_y + 2)/(W(f_x) W(f_y)) / ((|k|+l+1)(l+1)),
 * f_x and f_y at its ends with l. The quotient falls with l: W(2m+2)/W(2m) = (m+1)/(eta + 2 lambda W(2m+4)/W(2m+2)) (by
 * partial integration) rises more slowly than m + 1, and m >= |k| + l at both ends because k has no divergence. So p
 * has one maximum and falls at least geometrically on both sides: it is summed from there to 1e-20 and drawn by its
 * cumulative sum, whatever l was.
 *
 * Worms (N. Prokof'ev, B. Svistunov, Phys. Rev. Lett. 87 (2001) 160601). The fluxes C without divergence, which are to
 * have the weight P(C), are joined by open configurations (C, tail, head): k has the divergence of a unit that enters
 * at tail and leaves at head, and their weight is
 *   pi(C, tail, head) = (2 zeta/V) prod_links w(k, l) prod_x W(f_x + delta_{x,tail} + delta_{x,head}),
 * the one of <phi_head phi*_tail>. The array m has half of the argument of W, insertions included. Moves:
 * - Closed: a site x is drawn from V. The worm starts there, m_x -> m_x + 1, with probability min(1, R),
 *   R = zeta W(2 m_x + 2)/W(2 m_x).
 * - Open with head = tail = x: with probability 1/2 it ends, if a number u < 1/R'; R' is R at the closed configuration.
 *   pi(C, x, x) 1/2 min(1, 1/R) = P(C) 1/V min(1, R): balanced.
 * - Open: otherwise one of the 2d neighbours y of head is drawn, and the flux on the link there changes by one unit
 * that goes from head to y, k -> k'. With q = 1/2 where head = tail and 1 elsewhere, the probability to try this move
 *   before and the reverse one after it are q(head)/2d and q(y)/2d. It is accepted with the ratio of pi times
 * q(y)/q(head). Where |k'| = |k| + 1, f grows at both ends and the insertion leaves head for y: m_head stays, m_y grows
 * by one, and the ratio is e^{+-mu} W(2 m_y + 2)/W(2 m_y)/(|k'| + l). Where |k'| = |k| - 1, m_y stays, m_head falls by
 * one, and it is e^{+-mu} (|k| + l) W(2 m_head - 2)/W(2 m_head). Both also hold for a link from a site to itself. Each
 * move satisfies detailed balance with P and pi. The chain that is looked at when it is closed satisfies it with P: so
 * does an attempt, from one closed configuration to the next, whether a worm starts or not. (Attempts are counted, not
 * steps: to stop at the first closed configuration after so many steps would favour those that long worms lead to.)
 */
#include "kernels.h"
#include <stdlib.h>

enum { CHUNK = 64 };                /* blocks of random numbers made at once */
enum { HEAT_BATH_DRAW, WORM_DRAW }; /* in their addresses */

/* In [0, 1), 53 bits. */
static inline double unit(const uint32_t word[2])
{
  return (double)(((uint64_t)word[1] << 32 | word[0]) >> 11) * 0x1p-53;
}

/* ---- what follows from the links ---- */

void sq_flux_count(const sq_flux_state *s)
{
  const int d = s->dim;
  for (int64_t x = 0; x < s->volume; x++) {
    int64_t f = 0;
    for (int nu = 0; nu < d; nu++) {
      const sq_flux_link out = s->link[x * d + nu], in = s->link[s->next[x * 2 * d + 2 * nu + 1] * d + nu];
      f += llabs(out.k) + 2 * (int64_t)out.l + llabs(in.k) + 2 * (int64_t)in.l;
    }
    s->m[x] = (int32_t)(f / 2);
  }
}

int64_t sq_flux_faults(const sq_flux_state *s)
{
  const int d = s->dim;
  int64_t faults = 0;
  for (int64_t x = 0; x < s->volume; x++) {
    int64_t divergence = 0;
    for (int nu = 0; nu < d; nu++) {
      const sq_flux_link out = s->link[x * d + nu];
      divergence += (int64_t)out.k - s->link[s->next[x * 2 * d + 2 * nu + 1] * d + nu].k;
      faults += out.l < 0;
    }
    faults += divergence != 0;
  }
  return faults;
}

/* ---- l ---- */

typedef struct {
  const double *from, *to; /* W(2m+2)/W(2m) at both ends for l = 0 on this link */
  int step;                /* in m for a unit of l: 2 where both ends are one site */
  int64_t k, most;         /* |k|; l + 1 must not be larger than most */
} bath;

static inline double quotient(const bath *b, int64_t l)
{
  return b->from[b->step * l] * b->to[b->step * l] / (double)((b->k + l + 1) * (l + 1));
}

/* The most likely l, from any; b->most: the table is too short. */
static int64_t summit(const bath *b, int64_t l)
{
  while (l < b->most && quotient(b, l) > 1) l++;
  while (l > 0 && quotient(b, l - 1) < 1) l--;
  return l;
}

/* The sum of p from the summit on, where p is 1, to both sides; stops where it exceeds `limit` and says at which l.
 * Returns a negative number if the table is too short. */
static double cumulate(const bath *b, int64_t top, double limit, int64_t *l)
{
  double sum = 1, p = 1;
  *l = top;
  for (int64_t at = top; p > 1e-20 && sum <= limit; sum += p) {
    if (at >= b->most) return -1;
    p *= quotient(b, at++);
    *l = at;
  }
  p = 1;
  for (int64_t at = top; at > 0 && p > 1e-20 && sum <= limit; sum += p) {
    p /= quotient(b, --at);
    *l = at;
  }
  return sum;
}

/* Draws l of one link; false: the table is too short. */
static bool draw(const sq_flux_state *s, int64_t site, int nu, double u)
{
  const int32_t other = s->next[site * 2 * s->dim + 2 * nu];
  sq_flux_link *link = &s->link[site * s->dim + nu];
  const int step = other == site ? 2 : 1;
  const int64_t x = s->m[site] - (int64_t)step * link->l, y = s->m[other] - (int64_t)step * link->l,
                high = (x > y ? x : y) + step - 1;
  const bath b = {.from = s->ratio + x,
                  .to = s->ratio + y + step - 1,
                  .step = step,
                  .k = abs(link->k),
                  .most = (s->count - 1 - high) / step};
  int64_t l;
  if (link->l >= b.most) return false;
  const int64_t top = summit(&b, link->l);
  const double sum = cumulate(&b, top, HUGE_VAL, &l);
  if (sum < 0) return false;
  (void)cumulate(&b, top, u * sum, &l);
  s->m[site] += (int32_t)(l - link->l);
  s->m[other] += (int32_t)(l - link->l);
  link->l = (int32_t)l;
  return true;
}

int64_t sq_flux_draw(const sq_flux_state *s, sq_stream stream, uint64_t unit_number, int64_t first)
{
  const int64_t links = s->dim * s->volume;
  uint32_t word[4 * CHUNK];
  for (int64_t i = first; i < links; i++) {
    const int64_t at = (i - first) % CHUNK;
    if (at == 0) sq_rng_words(stream, (uint64_t)i, CHUNK, unit_number, HEAT_BATH_DRAW, word);
    if (!draw(s, i / s->dim, (int)(i % s->dim), unit(word + 4 * at))) return i;
  }
  return links;
}

/* ---- k ---- */

/* An attempt begins; word: where, and whether. */
static inline void begin(const sq_flux_state *s, sq_flux_worm *w, const uint32_t word[4])
{
  const int32_t x = (int32_t)(unit(word) * (double)s->volume);
  w->open = unit(word + 2) < w->insertion * s->ratio[s->m[x]];
  w->head = w->tail = x;
  w->left -= !w->open;
  s->m[x] += w->open;
}

/* It ends, perhaps. */
static inline void finish(const sq_flux_state *s, sq_flux_worm *w, const uint32_t word[4])
{
  const int32_t m = s->m[w->head] - 1;
  if (unit(word + 2) * w->insertion * s->ratio[m] >= 1) return;
  s->m[w->head] = m;
  w->open = false;
  w->left--;
}

/* The head moves, perhaps. */
static inline void step(const sq_flux_state *s, sq_flux_worm *w, const uint32_t word[4])
{
  const int d = s->dim, way = (int)((uint64_t)word[0] * (unsigned)(2 * d) >> 32), nu = way / 2, sign = way % 2 ? -1 : 1;
  const int32_t x = w->head, y = s->next[(int64_t)x * 2 * d + way];
  sq_flux_link *link = &s->link[(int64_t)(sign > 0 ? x : y) * d + nu];
  const int32_t k = link->k, size = abs(k), grown = abs(k + sign);
  double factor = (y == w->tail ? 0.5 : 1) * (x == w->tail ? 2 : 1), u = unit(word + 2);
  if (nu == 0) factor *= sign > 0 ? s->forth : s->back;
  if (grown > size) {
    if (u * (grown + link->l) >= factor * s->ratio[s->m[y]]) return;
    s->m[y]++;
  } else {
    if (u * s->ratio[s->m[x] - 1] >= factor * (size + link->l)) return;
    s->m[x]--;
  }
  link->k = k + sign;
  w->head = y;
}

/* Whether the table is long enough for whatever comes next: no m grows by more than one in a step, and only at a
 * neighbour of the head, or where the next worm begins. */
static inline bool long_enough(const sq_flux_state *s, const sq_flux_worm *w, const uint32_t word[4])
{
  if (!w->open) return s->m[(int32_t)(unit(word) * (double)s->volume)] + 1 < s->count;
  const int way = (int)((uint64_t)word[0] * (unsigned)(2 * s->dim) >> 32);
  return s->m[s->next[(int64_t)w->head * 2 * s->dim + way]] + 1 < s->count;
}

bool sq_flux_crawl(const sq_flux_state *s, sq_stream stream, uint64_t unit_number, sq_flux_worm *w)
{
  uint32_t words[4 * CHUNK];
  for (int at = CHUNK; w->left > 0; at++, w->counter++) {
    if (at == CHUNK) sq_rng_words(stream, w->counter, CHUNK, unit_number, WORM_DRAW, words);
    at %= CHUNK;
    const uint32_t *word = words + 4 * at;
    if (!long_enough(s, w, word)) return false;
    if (!w->open) begin(s, w, word);
    else if (w->head == w->tail && word[1] >> 31) finish(s, w, word);
    else step(s, w, word);
  }
  return true;
}
