/* SPDX-License-Identifier: BSD-3-Clause */
/* kinks: how many a path has, and their exact distribution against the sum over all paths of a few sites. */
#include "src/obs/table.h"
#include "squall/quantum.h"
#include "tap.h"

static void check_paths(void)
{
  const double path[] = {0.1, 1, 0.2, -0.3, 0.4, 2, -2, 0.3, -1, 0.1}, middle[] = {0.1, -0.1, 0.2}, right[] = {2, 0, 1};
  tap_check(sq_obs_kinks(10, path, 0.5) == 2, "a path goes there and back");
  tap_check(sq_obs_kinks(10, path, 0) == 6, "without a zone every change of sign counts");
  tap_check(sq_obs_kinks(3, middle, 0.5) == 0 && sq_obs_kinks(3, right, 0.5) == 0 && sq_obs_kinks(1, right, 0) == 0,
            "a path that leaves no well has no kink");
}

/* Composite rules of three points, cells of which end at the zone. */
enum { CELLS = 9, POINTS = 9 * CELLS, SITES = 4 };
static double at[POINTS], weight[POINTS], T[POINTS][POINTS], sum[SITES / 2 + 1];

static void lay(const sq_action *action, double zone, double reach)
{
  static const double node[] = {-0.774596669241483377, 0, 0.774596669241483377}, share[] = {5 / 18., 8 / 18., 5 / 18.};
  const double end[] = {-reach, -zone, zone, reach};
  double slope;
  int n = 0;
  for (int panel = 0; panel < 3; panel++)
    for (int cell = 0; cell < CELLS; cell++)
      for (int k = 0; k < 3; k++, n++) {
        const double width = (end[panel + 1] - end[panel]) / CELLS;
        at[n] = end[panel] + width * (cell + 0.5 * (1 + node[k]));
        weight[n] = width * share[k];
      }
  for (int i = 0; i < POINTS; i++)
    for (int k = 0; k < POINTS; k++)
      T[i][k] = weight[k] * exp(action->type->transfer->hop(action) * at[i] * at[k] -
                                action->type->transfer->site(action, at[k], &slope));
}

/* All paths that go on from site t. */
static void add_paths(int t, double zone, double so_far, double *path, int *index)
{
  for (int i = 0; i < POINTS; i++) {
    const double here = t ? so_far * T[index[t - 1]][i] : 1;
    if (t && here < 1e-13) continue;
    path[t] = at[i];
    index[t] = i;
    if (t == SITES - 1) sum[sq_obs_kinks(SITES, path, zone) / 2] += here * T[i][index[0]];
    else add_paths(t + 1, zone, here, path, index);
  }
}

static void check_sum(double a, double lambda, double f2, double m, double reach)
{
  sq_action action;
  double path[SITES], exact[SITES / 2 + 1], total = 0, worst = 0;
  int index[SITES];
  TAP_CALL(sq_action_make("particle", 1, (double[]){a, lambda, f2, 0, m}, &action));
  const double zone = sq_obs_kink_zone(&action);
  lay(&action, zone > 0 ? zone : 0.5, reach);
  for (int k = 0; k <= SITES / 2; k++) sum[k] = 0;
  add_paths(0, zone, 1, path, index);
  for (int k = 0; k <= SITES / 2; k++) total += sum[k];
  TAP_CALL(sq_transfer_kinks(&action, zone, SITES, SITES / 2 + 1, exact));
  for (int k = 0; k <= SITES / 2; k++) tap_worst(&worst, fabs(exact[k] - sum[k] / total));
  if (tap.rank == 0) printf("# %g %g %g: worst %.1e\n", exact[0], exact[1], exact[2], worst);
  tap_check(worst < 1e-6 && exact[1] > 1e-3, "the distribution is that of the sum over all paths, to %.1e", worst);
}

/* Far apart wells: kinks are those of a chain of two states, T the splitting: P(0) = 1/cosh(gap N a/2). */
static void check_two_states(void)
{
  enum { N = 400, TERMS = N / 2 + 1 };
  sq_action action;
  sq_transfer *t;
  double probability[TERMS], mean = 0, all = 0;
  TAP_CALL(sq_action_make("particle", 1, (double[]){0.1, 1, 3, 0, 1}, &action));
  TAP_CALL(sq_transfer_create(&action, &t));
  const double half = 0.5 * N * (sq_transfer_energy(t, 1) - sq_transfer_energy(t, 0));
  TAP_CALL(sq_transfer_kinks(&action, sq_obs_kink_zone(&action), N, TERMS, probability));
  for (int k = 0; k < TERMS; k++) {
    all += probability[k];
    mean += 2 * k * probability[k];
  }
  tap_near(all, 1, 1e-12, "the distribution is one");
  tap_near(probability[0], 1 / cosh(half), 0.01, "wells far apart: a chain of two states");
  tap_near(mean, half * tanh(half), 0.02, "and its mean");
  TAP_CALL(sq_transfer_destroy(&t));
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_paths();
  check_sum(0.4, 0.5, 1.2, 1, 3.3);
  check_sum(0.7, 0.3, 2, 0.6, 3.6);
  check_two_states();
  return tap_end();
}
