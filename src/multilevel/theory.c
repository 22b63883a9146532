/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model makes of a theory: the distributions of its numbers, and the couplings that networks begin with. */
#include "src/multilevel/internal.h"
#include <math.h>
#include <string.h>

double sq_multi_hop(const sq_multi_site *site, int mu)
{
  return site->scale * site->given->hop(&site->action, mu);
}

/* How strongly a site turns with its field of that size: the mean of its vector over the field. */
static double response(const sq_multi_site *s, double size)
{
  const double field[2] = {PetscMax(fabs(size), 1e-6)};
  double log_z, mean[2];
  s->given->log_z(&s->action, s->table, 1, field, &log_z, mean);
  return mean[0] / field[0];
}

/* The couplings of level l, roughly: every second site summed out of a chain, bonds moved beside each other (A. A.
 * Migdal, Sov. Phys. JETP 42 (1976) 743; L. P. Kadanoff, Ann. Phys. 100 (1976) 359). */
static void hops_of(const sq_multi_site *s, int level, double hop[SQ_DIM])
{
  const int dim = s->action.dim;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    hop[mu] = mu < SQ_DIM - dim ? 0 : sq_multi_hop(s, mu);
    for (int l = 0; l < level; l++) hop[mu] = (1 << (dim - 1)) * hop[mu] * hop[mu] * response(s, 2 * hop[mu]);
  }
}

/* How many ways lead to a site two links away by way of a third, and the product of the couplings on them. */
static double around(const int away[SQ_DIM], const double hop[SQ_DIM])
{
  double product = 1;
  int ways = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    for (int k = 0; k < abs(away[mu]); k++) product *= hop[mu];
    if (abs(away[mu]) == 1) ways = 2;
  }
  return ways * product;
}

static int steps_away(const sq_multi_plan *plan, const sq_multi_input *input, int away[SQ_DIM])
{
  int sum = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    away[mu] = input->away[mu];
    if (plan->known == 0 && 2 * abs(away[mu]) > plan->side[mu])
      away[mu] -= away[mu] > 0 ? plan->side[mu] : -plan->side[mu];
    sum += abs(away[mu]);
  }
  return sum;
}

/* Neighbours by their couplings; of sites that none is a neighbour of, those two links away, by way of sites that are
 * summed out. */
static void start_of_links(const sq_multi_site *s, const sq_multi_plan *plan, int level, const sq_multi_step *step,
                           double *coefficient, double *rest)
{
  double hop[SQ_DIM], square = 0;
  bool near = false;
  int away[SQ_DIM];
  *rest = 0;
  hops_of(s, level, hop);
  for (int mu = 0; mu < SQ_DIM; mu++) square += 2 * hop[mu] * hop[mu];
  for (int j = 0; j < step->inputs; j++) near = near || steps_away(plan, &step->input[j], away) == 1;
  const double other = near ? 0 : response(s, sqrt(square));
  for (int j = 0; j < step->inputs; j++) {
    const int links = steps_away(plan, &step->input[j], away);
    coefficient[j] = links == 1 ? around(away, hop) / 2 : links == 2 ? other * around(away, hop) : 0;
  }
}

/* The mean and the width of a free field that is like the theory. */
static void start_of_waves(const sq_multi_site *s, const sq_multi_plan *plan, int level, const sq_multi_step *step,
                           double *coefficient, double *rest)
{
  int away[step->inputs + 1][SQ_DIM];
  (void)plan;
  for (int j = 0; j < step->inputs; j++) memcpy(away[j], step->input[j].away, sizeof away[j]);
  sq_multi_propagator_given(s->waves, level, step->inputs, (const int(*)[SQ_DIM])away, coefficient, rest);
}

/* The same of vectors: given others, a vector of that mean and width and of length 1 has the field mean/width^2. */
static void start_of_turns(const sq_multi_site *s, const sq_multi_plan *plan, int level, const sq_multi_step *step,
                           double *coefficient, double *rest)
{
  double width;
  start_of_waves(s, plan, level, step, coefficient, &width);
  for (int j = 0; j < step->inputs; j++) coefficient[j] /= width * width;
  *rest = 0;
}

static const sq_multi_theory theories[] = {
  {.space = &sq_space_sign, .conditional = "sign", .two = true, .start = start_of_links},
  {.space = &sq_space_circle, .conditional = "von-mises", .waves = true, .start = start_of_turns},
  {.space = &sq_space_real, .conditional = "pairs", .waves = true, .start = start_of_waves},
  {0},
};

const sq_multi_theory *sq_multi_theory_of(const sq_action *action)
{
  for (const sq_multi_theory *t = theories; t->space; t++)
    if (t->space == action->type->space) return t;
  return NULL;
}

const char *sq_multilevel_lacks(const sq_action *action)
{
  if (!sq_multi_theory_of(action)) return "has numbers that no distribution is known for";
  if (!action->type->given) return "has sites that see more of others than their neighbours";
  return NULL;
}

int sq_multilevel_mixtures(const sq_action *action)
{
  const sq_multi_theory *theory = sq_multi_theory_of(action);
  return theory ? sq_conditional_find(theory->conditional)->most : 1;
}
