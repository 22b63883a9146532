/* SPDX-License-Identifier: BSD-3-Clause */
/* The figure of the topological charge of a gauge field: its history in some chains, and its distribution. */
#include "src/report/report.h"
#include <math.h>

enum { CHAINS = 4, RECORDS = 150, MOST = 200 };

static const double *charges_of(const sq_ensemble *e)
{
  const int column = e->theory ? sq_obs_column(e->theory, "Q") : -1; /* averages have none */
  return column < 0 || !e->count ? NULL : e->column[column];
}

/* Blocks of the first records of the first chains: number, Q. */
static PetscErrorCode add_chains(const sq_ensemble *e, const double *Q, sq_text *out)
{
  PetscFunctionBeginUser;
  for (int chain = 0; chain < CHAINS; chain++) {
    int64_t n = 0;
    PetscCall(sq_text_add(out, "# chain %d\n", chain));
    for (int64_t i = 0; i < e->count && n < RECORDS; i++)
      if (!e->chain || e->chain[i] == chain) PetscCall(sq_text_add(out, "%lld %.0f\n", (long long)n++, Q[i]));
    PetscCall(sq_text_add(out, n ? "\n\n" : "0 NaN\n\n\n")); /* the script counts on their number */
  }
  PetscFunctionReturn(0);
}

/* A block of charges and their shares. */
static PetscErrorCode add_shares(const sq_ensemble *e, const double *Q, sq_text *out)
{
  PetscFunctionBeginUser;
  int64_t count[2 * MOST + 1] = {0};
  int most = 0;
  for (int64_t i = 0; i < e->count; i++) {
    const int q = (int)fmax(-MOST, fmin(MOST, isnan(Q[i]) ? 0 : Q[i]));
    count[MOST + q]++;
    most = PetscMax(most, abs(q));
  }
  PetscCall(sq_text_add(out, "# %s\n", e->name));
  for (int q = -most; q <= most; q++) {
    const double share = (double)count[MOST + q] / (double)e->count;
    PetscCall(sq_text_add(out, "%d %.6g %.3g\n", q, share, sqrt(share * (1 - share) / (double)e->count)));
  }
  PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode charge_data(const sq_report *r, sq_text *out)
{
  PetscFunctionBeginUser;
  bool begun = false;
  for (int k = 0; k < r->ensembles; k++) {
    const double *Q = charges_of(&r->ensemble[k]);
    if (!Q) continue;
    if (!begun) PetscCall(add_chains(&r->ensemble[k], Q, out));
    begun = true;
    PetscCall(add_shares(&r->ensemble[k], Q, out));
  }
  PetscFunctionReturn(0);
}

const sq_figure sq_figure_charge = {"charge",
                                    "Topological charge",
                                    "Left: the charge Q of stored configurations, one after the other, of some chains. "
                                    "A chain that stays at one value is frozen: its averages are those of that sector. "
                                    "Right: how often each charge occurs, with the binomial error of independent "
                                    "configurations.",
                                    1100,
                                    450,
                                    charge_data,
                                    "set multiplot layout down(2),across(2)\n"
                                    "stats data index 0 using 1 name 'X' nooutput\n"
                                    "set xtics step(X_min, X_max)\n"
                                    "set xlabel 'configuration of the chain'\n"
                                    "set ylabel 'Q'\n"
                                    "set offsets 0, 0, 1, 0.5\n"
                                    "plot for [i=1:4] data index i-1 using 1:2 with steps lt i title label[i]\n"
                                    "unset offsets\n"
                                    "set xtics autofreq\n"
                                    "set xlabel 'Q'\n"
                                    "set ylabel 'share'\n"
                                    "set yrange [0:]\n"
                                    "set style fill solid 0.25 noborder\n"
                                    "set boxwidth 0.9\n"
                                    "plot data index 4 using 1:2 with boxes lt hue(5) title label[5], for [i=5:blocks] "
                                    "data index i-1 using ($1 + 0.1*(i - (blocks + 5)/2.)):2:3 with yerrorbars lt "
                                    "hue(i) title (i > 5 ? label[i] : '')\n"
                                    "unset multiplot\n",
                                    2};
