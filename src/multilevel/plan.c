/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which the sites of a cell are drawn, and what each of them sees.
 *
 * First the sites of the coarser level. Then classes, by which coordinates are odd: those with an even number of odd
 * ones first, within a class the site farthest from those before it. On level 0 all odd sites come last, and before
 * them those even sites of which no two have an odd neighbour in common.
 */
#include "src/multilevel/internal.h"
#include <math.h>

void sq_multi_place(const sq_multi_plan *plan, int position, int x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    x[mu] = position % plan->side[mu];
    position /= plan->side[mu];
  }
}

int sq_multi_position(const sq_multi_plan *plan, const int x[SQ_DIM])
{
  int position = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) position = position * plan->side[mu] + x[mu];
  return position;
}

/* Sum of |difference|^power around the torus of a cell. */
static int distance(const sq_multi_plan *plan, int p, int q, int power)
{
  int x[SQ_DIM], y[SQ_DIM], sum = 0;
  sq_multi_place(plan, p, x);
  sq_multi_place(plan, q, y);
  for (int mu = 0; mu < SQ_DIM; mu++) {
    const int one = abs(x[mu] - y[mu]), away = PetscMin(one, plan->side[mu] - one);
    sum += power == 1 ? away : away * away;
  }
  return sum;
}

/* Which coordinates are odd, as bits; how many. */
static int class_of(const sq_multi_plan *plan, int position, int *odd)
{
  int x[SQ_DIM], bits = 0;
  sq_multi_place(plan, position, x);
  *odd = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    bits = 2 * bits + x[mu] % 2;
    *odd += x[mu] % 2;
  }
  return bits;
}

static int parity(const sq_multi_plan *plan, int position)
{
  int odd;
  class_of(plan, position, &odd);
  return odd % 2;
}

/* Appends the positions of a class, each as far as can be from the nearest one before it. */
static void add_class(sq_multi_plan *plan, int wanted, int *count)
{
  const int first = *count;
  int members = 0, odd;
  for (int p = 0; p < plan->sites; p++) members += class_of(plan, p, &odd) == wanted;
  while (*count < first + members) {
    int best = -1, farthest = -1;
    for (int p = 0; p < plan->sites; p++) {
      int nearest = SQ_MULTI_SITES * SQ_MULTI_SITES;
      if (class_of(plan, p, &odd) != wanted) continue;
      for (int i = first; i < *count; i++) nearest = PetscMin(nearest, distance(plan, p, plan->order[i], 2));
      if (nearest > farthest) {
        best = p;
        farthest = nearest;
      }
    }
    plan->order[(*count)++] = best;
  }
}

static void set_order(sq_multi_plan *plan)
{
  int count = 0, odd;
  for (int parity = 0; parity < 2; parity++)
    for (int bits = 0; bits < 1 << SQ_DIM; bits++) {
      odd = __builtin_popcount((unsigned)bits);
      if (odd % 2 == parity) add_class(plan, bits, &count);
    }
}

/* Moves to the end of order[first, last), as they are, the positions of which no two have a neighbour in common. */
static int set_apart(sq_multi_plan *plan, int first, int last)
{
  int apart[SQ_MULTI_SITES], rest[SQ_MULTI_SITES], aparts = 0, rests = 0;
  bool taken[SQ_MULTI_SITES] = {false};
  for (int i = last - 1; i >= first; i--) {
    bool free = true;
    for (int k = 0; k < aparts; k++) free = free && distance(plan, plan->order[i], apart[k], 1) != 2;
    if (free) apart[aparts++] = plan->order[i];
    taken[i] = free;
  }
  for (int i = first; i < last; i++)
    if (!taken[i]) rest[rests++] = plan->order[i];
  for (int i = 0; i < rests; i++) plan->order[first + i] = rest[i];
  for (int i = 0; i < aparts; i++) plan->order[last - 1 - i] = apart[i];
  return aparts;
}

/* ---- what a site sees ---- */

/* The sites at position `from` of the cells around, or of its own alone. */
static int look(const sq_multi_plan *plan, int position, int from, double reach, sq_multi_input *input)
{
  int x[SQ_DIM], y[SQ_DIM], count = 0, cells = 1;
  sq_multi_place(plan, position, x);
  sq_multi_place(plan, from, y);
  const int side = 2 * plan->rim + 1;
  for (int mu = SQ_DIM - plan->dim; mu < SQ_DIM; mu++) cells *= side;
  for (int c = 0; c < cells; c++) {
    sq_multi_input in = {.from = from};
    double square = 0;
    for (int mu = SQ_DIM - 1, rest = c; mu >= 0; mu--) {
      int cell = 0;
      if (mu >= SQ_DIM - plan->dim) {
        cell = rest % side - plan->rim;
        rest /= side;
      }
      in.away[mu] = plan->side[mu] * cell + y[mu] - x[mu];
      square += (double)(in.away[mu] * in.away[mu]);
    }
    if (reach > 0 && square > reach * reach * (1 + 1e-9)) continue;
    if (input) input[count] = in;
    count++;
  }
  return count;
}

static PetscErrorCode set_step(const sq_multi_plan *plan, int index, double reach, sq_multi_step *step)
{
  PetscFunctionBeginUser;
  const int position = plan->order[plan->known + index];
  int count = 0;
  *step = (sq_multi_step){.position = position};
  for (int i = 0; i < plan->known + index; i++) count += look(plan, position, plan->order[i], reach, NULL);
  PetscCall(sq_alloc(count, &step->input));
  for (int i = 0; i < plan->known + index; i++)
    step->inputs += look(plan, position, plan->order[i], reach, step->input + step->inputs);
  PetscFunctionReturn(0);
}

static PetscErrorCode set_steps(double reach, sq_multi_plan *plan)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(plan->learned, &plan->step));
  for (int i = 0; i < plan->learned; i++) PetscCall(set_step(plan, i, reach, &plan->step[i]));
  PetscFunctionReturn(0);
}

/* ---- plans ---- */

static void cell_of(int dim, double reach, sq_multi_plan *plan)
{
  *plan = (sq_multi_plan){.dim = dim, .sites = 1, .known = 1 << dim, .rim = (int)ceil(reach / SQ_MULTI_SIDE)};
  for (int mu = 0; mu < SQ_DIM; mu++) {
    plan->side[mu] = mu < SQ_DIM - dim ? 1 : SQ_MULTI_SIDE;
    plan->sites *= plan->side[mu];
  }
  set_order(plan);
}

PetscErrorCode sq_multi_plan_fine(int dim, double reach, bool two, sq_multi_plan *plan)
{
  PetscFunctionBeginUser;
  cell_of(dim, reach, plan);
  for (int p = 0; p < plan->sites; p++) plan->odd += parity(plan, p);
  const int even = plan->sites - plan->odd;
  if (two) plan->last = set_apart(plan, plan->known, even);
  plan->learned = even - plan->known - plan->last;
  PetscCall(set_steps(reach, plan));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multi_plan_coarse(int dim, double reach, sq_multi_plan *plan)
{
  PetscFunctionBeginUser;
  cell_of(dim, reach, plan);
  plan->learned = plan->sites - plan->known;
  PetscCall(set_steps(reach, plan));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_multi_plan_box(int dim, const int64_t box[SQ_DIM], sq_multi_plan *plan)
{
  PetscFunctionBeginUser;
  *plan = (sq_multi_plan){.dim = dim, .sites = 1};
  for (int mu = 0; mu < SQ_DIM; mu++) {
    plan->side[mu] = (int)box[mu];
    plan->sites *= plan->side[mu];
  }
  plan->learned = plan->sites;
  set_order(plan);
  PetscCall(set_steps(0, plan));
  PetscFunctionReturn(0);
}

void sq_multi_plan_free(sq_multi_plan *plan)
{
  for (int i = 0; i < plan->learned && plan->step; i++) sq_free(&plan->step[i].input);
  sq_free(&plan->step);
}
