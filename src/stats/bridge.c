/* SPDX-License-Identifier: BSD-3-Clause */
/* log Z from weights on fields of q and of p together: Bennett's acceptance ratio (C. H. Bennett, J. Comput. Phys. 22
 * (1976) 245, eq. 12). Its sums are of numbers between 0 and 1, so that its error is known where neither <w> of q nor
 * <1/w> of p have one. Fields of both count: it sees what q leaves out. Serial. */
#include "squall/stats.h"
#include <math.h>

/* share[i] = 1/(1 + e^{sign (at - log_weight[i])}) */
static double add_shares(int64_t n, const double *log_weight, double sign, double at, double *share)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    share[i] = 1 / (1 + exp(sign * (at - log_weight[i])));
    sum += share[i];
  }
  return sum;
}

static double slope_of(int64_t n, const double *share)
{
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += share[i] * (1 - share[i]);
  return sum;
}

/* The sums over fields of q and of p are equal at log Z + log(n_q/n_p); their difference falls. */
static double solve(int64_t nq, const double *q, int64_t np, const double *p, double *fq, double *fp)
{
  enum { HALVINGS = 100 };
  const double more = 50 + log((double)nq) + log((double)np);
  double low = INFINITY, high = -INFINITY, middle = NAN;
  sq_range_extend(nq, q, &low, &high);
  sq_range_extend(np, p, &low, &high);
  if (low > high) return NAN;
  low -= more;
  high += more;
  for (int i = 0; i < HALVINGS; i++) {
    middle = 0.5 * (low + high);
    if (add_shares(nq, q, 1, middle, fq) > add_shares(np, p, -1, middle, fp)) low = middle;
    else high = middle;
  }
  return middle;
}

/* The error of the mean of the shares, which are those of one record each. */
static PetscErrorCode find_error(int64_t n, const double *share, const double *chain, double *error)
{
  PetscFunctionBeginUser;
  sq_chains chains;
  sq_estimate mean;
  double *sorted;
  PetscCall(sq_chains_create(n, chain, &chains));
  PetscCall(sq_alloc(n, &sorted));
  sq_chains_gather(&chains, share, sorted);
  const sq_series series = {.n = n,
                            .column = (const double *const *)&sorted,
                            .chains = chains.chains,
                            .length = chains.length,
                            .constant_is_known = true};
  PetscCall(sq_gamma(&series, NULL, &mean));
  *error = sq_estimate_known_error(&mean);
  sq_free(&sorted);
  sq_chains_destroy(&chains);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_weights_bridge(int64_t nq, const double *log_weight_q, int64_t np, const double *log_weight_p,
                                 const double *chain, sq_estimate *log_Z)
{
  PetscFunctionBeginUser;
  double *fq, *fp, eq, ep;
  PetscCall(sq_alloc(nq, &fq));
  PetscCall(sq_alloc(np, &fp));
  const double at = solve(nq, log_weight_q, np, log_weight_p, fq, fp);
  PetscCall(find_error(nq, fq, NULL, &eq));
  PetscCall(find_error(np, fp, chain, &ep));
  *log_Z = (sq_estimate){.value = at - log((double)nq / (double)np),
                         .error = hypot((double)nq * eq, (double)np * ep) / (slope_of(nq, fq) + slope_of(np, fp)),
                         .error_of_error = NAN,
                         .tau_int = NAN,
                         .tau_int_error = NAN,
                         .n = nq + np};
  if (!isfinite(log_Z->error)) log_Z->error = NAN;
  sq_free(&fq);
  sq_free(&fp);
  PetscFunctionReturn(0);
}
