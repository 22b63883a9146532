/* SPDX-License-Identifier: BSD-3-Clause */
/* obs: the analysis of column series, on Gaussian series whose estimates are known. */
#include "squall/obs.h"
#include "squall/rng.h"
#include "tap.h"
#include <string.h>

/* The columns of phi^4 in their order, which files rely on. */
enum { OBS_M, OBS_PHI2, OBS_PHI4, OBS_LINK, OBS_ACTION, OBS_SCHWINGER_DYSON, OBS_G_PMIN, OBS_COLUMNS };
enum { N = 20000, ROWS = 13 };
static const sq_action_type *theory;
static const int64_t extent[SQ_DIM] = {1, 1, 8, 4}; /* 8 x 4: V = 32 */
static const double volume = 32, sigma = 0.2;       /* M ~ N(0, sigma^2) */

static double storage[OBS_COLUMNS][N], chain[N];
static const double *column[OBS_COLUMNS];

/* M normal, G_pmin exponential with mean 0.5, everything else normal around its column number. */
static void make_columns(void)
{
  double other[N];
  for (int k = 0; k < OBS_COLUMNS; k++) {
    column[k] = storage[k];
    sq_rng_normals(sq_stream_make(9, SQ_RNG_TEST, (uint64_t)k), 0, N, 0, 0, storage[k]);
  }
  sq_rng_normals(sq_stream_make(9, SQ_RNG_TEST, 100), 0, N, 0, 0, other);
  for (int i = 0; i < N; i++) {
    for (int k = 1; k < OBS_G_PMIN; k++) storage[k][i] = k + 0.1 * storage[k][i];
    storage[OBS_M][i] *= sigma;
    storage[OBS_G_PMIN][i] = 0.25 * (pow(storage[OBS_G_PMIN][i], 2) + other[i] * other[i]);
    chain[i] = i % 5; /* interleaved */
  }
}

/* value within 4 errors, and the error the exact one within 10 %. */
static void check_row(const sq_obs_table *table, const char *name, double value, double error)
{
  const sq_estimate *e = sq_obs_find(table, name);
  if (!e) {
    tap_check(false, "%s is in the table", name);
    return;
  }
  bool near = fabs(e->value - value) < 4 * error && fabs(e->error / error - 1) < 0.1;
  if (!near) printf("# %s: %g +- %g, expected %g +- %g\n", name, e->value, e->error, value, error);
  tap_check(near, "%s and its error", name);
  tap_check(fabs(e->tau_int - 0.5) < 5 * e->tau_int_error && e->n == N, "%s: independent records", name);
}

static void check_table(const sq_obs_table *t)
{
  double s2 = sigma * sigma, n = sqrt(N), mean_abs = sigma * sqrt(2 / M_PI), half_width = 2 * sin(M_PI / 8);
  double ratio = volume * s2 / 0.5, xi = sqrt(ratio - 1) / half_width;
  check_row(t, "M", 0, sigma / n);
  check_row(t, "abs_M", mean_abs, sqrt(s2 - mean_abs * mean_abs) / n);
  check_row(t, "M2", s2, s2 * sqrt(2) / n);
  check_row(t, "phi2", OBS_PHI2, 0.1 / n);
  check_row(t, "phi4", OBS_PHI4, 0.1 / n);
  check_row(t, "link", OBS_LINK, 0.1 / n);
  check_row(t, "action_density", OBS_ACTION, 0.1 / n);
  check_row(t, "schwinger_dyson", OBS_SCHWINGER_DYSON, 0.1 / n);
  check_row(t, "G_pmin", 0.5, 0.5 / n);
  check_row(t, "chi2", volume * s2, volume * s2 * sqrt(2) / n);
  /* M^2 - 2 <|M|> |M|: variance with <|M|^3> = 2 sqrt(2/pi) sigma^3 */
  double cube = 2 * sqrt(2 / M_PI) * sigma * s2, var = 2 * s2 * s2 +
                                                       4 * mean_abs * mean_abs * (s2 - mean_abs * mean_abs) -
                                                       4 * mean_abs * (cube - s2 * mean_abs);
  check_row(t, "chi_abs", volume * (s2 - mean_abs * mean_abs), volume * sqrt(var) / n);
  /* 1 - m4/(3 s^4): variance of -M^4/(3 s^4) + 2 M^2/s^2 is (96 - 2 * 2 * 12 * 3 + 4 * 2 * 9)/9 = 24/9 */
  check_row(t, "U_L", 0, sqrt(24.0 / 9) / n);
  check_row(t, "xi", xi, ratio * sqrt(2 + 1) / (2 * half_width * half_width * xi) / n);
}

/* The derived rows do not depend on how the records of the chains are interleaved; weights act as repetition. */
static void check_order_and_weights(const sq_obs_table *reference)
{
  static double sorted[OBS_COLUMNS][N], ids[N], weight[N];
  const double *pointers[OBS_COLUMNS];
  sq_obs_table table, part;
  for (int i = 0; i < N; i++) {
    int to = i % 5 * (N / 5) + i / 5;
    ids[to] = chain[i];
    for (int k = 0; k < OBS_COLUMNS; k++) sorted[k][to] = storage[k][i];
  }
  for (int k = 0; k < OBS_COLUMNS; k++) pointers[k] = sorted[k];
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N, pointers, ids, NULL, &table));
  bool same = table.count == reference->count;
  for (int r = 0; same && r < table.count; r++)
    same = table.row[r].estimate.value == reference->row[r].estimate.value &&
           table.row[r].estimate.error == reference->row[r].estimate.error;
  tap_check(same, "records are put in the order of their chains");
  for (int i = 0; i < N; i++) weight[i] = i < N / 2;
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N, column, NULL, weight, &table));
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N / 2, column, NULL, NULL, &part));
  tap_near(sq_obs_find(&table, "xi")->value, sq_obs_find(&part, "xi")->value, 1e-12,
           "records of weight 0 do not count");
  tap_near(sq_obs_find(&table, "xi")->error / sq_obs_find(&part, "xi")->error, 1, 0.05, "nor in the error");
}

static void check_missing(void)
{
  static double small[N];
  const double *pointers[OBS_COLUMNS];
  const int64_t flat[SQ_DIM] = {1, 1, 1, 32};
  sq_obs_table table;
  memcpy(pointers, column, sizeof pointers);
  TAP_CALL(sq_obs_analyse(theory, 2, flat, N, pointers, NULL, NULL, &table));
  tap_check(table.count == ROWS - 2 && !sq_obs_find(&table, "G_pmin") && !sq_obs_find(&table, "xi"), "L_0 = 1: no "
                                                                                                     "G_pmin, no xi");
  for (int i = 0; i < N; i++) small[i] = 0.01 * storage[OBS_M][i];
  pointers[OBS_M] = small;
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N, pointers, NULL, NULL, &table));
  tap_check(table.count == ROWS - 1 && sq_obs_find(&table, "G_pmin") && !sq_obs_find(&table, "xi"), "V M2 < "
                                                                                                    "G_pmin: no "
                                                                                                    "xi");
  small[5] = NAN;
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N, pointers, NULL, NULL, &table));
  tap_check(isnan(sq_obs_find(&table, "chi2")->value) && isfinite(sq_obs_find(&table, "phi2")->value),
            "a NaN shows where it enters, and only there");
  TAP_CALL(sq_obs_analyse(theory, 2, extent, 1, column, NULL, NULL, &table));
  tap_check(isfinite(sq_obs_find(&table, "chi2")->value) && isnan(sq_obs_find(&table, "chi2")->error), "one record: "
                                                                                                       "values without "
                                                                                                       "errors");
  TAP_CALL(sq_obs_analyse(theory, 2, extent, 0, column, NULL, NULL, &table));
  tap_check(isnan(sq_obs_find(&table, "M")->value), "no records: nothing known");
}

/* A row of a theory all of whose columns are noise, but one that is 1 in every record. */
static bool is_known(const char *description, const char *name, int dim, const int64_t shape[SQ_DIM])
{
  static double ones[N];
  const sq_action_type *type = sq_action_described(description);
  const double *pointers[SQ_OBS_MOST];
  sq_obs_table table;
  for (int i = 0; i < N; i++) ones[i] = 1;
  for (int c = 0; c < sq_obs_columns(type); c++) pointers[c] = strcmp(type->columns[c], name) ? storage[0] : ones;
  TAP_CALL(sq_obs_analyse(type, dim, shape, N, pointers, chain, NULL, &table));
  const sq_estimate *e = sq_obs_find(&table, name);
  return e->value == 1 && e->error == 0 && e->tau_int == 0.5;
}

/* What never changes on a lattice has no error; what did not change has an unknown one. */
static void check_fixed(void)
{
  const int64_t thin[SQ_DIM] = {1, 1, 1, 6}, wide[SQ_DIM] = {1, 1, 2, 6}, square[SQ_DIM] = {1, 1, 4, 2};
  tap_check(is_known("xy beta=1", "helicity_0", 2, thin) && !is_known("xy beta=1", "helicity_1", 2, thin) &&
              !is_known("xy beta=1", "helicity_0", 2, wide),
            "the helicity modulus of a direction of one site has no error");
  tap_check(is_known("u1 beta=1", "wilson_4x4", 2, square) && is_known("u1 beta=1", "wilson_2x4", 2, square) &&
              !is_known("u1 beta=1", "wilson_4x2", 2, square) && !is_known("u1 beta=1", "plaquette", 2, square),
            "nor has a loop that goes round the lattice in both directions");
}

static void check_comparison(const sq_obs_table *table)
{
  sq_obs_table shifted = *table;
  sq_obs_comparison c;
  sq_obs_compare(table, table, &c);
  tap_check(c.count == table->count && c.worst == 0, "a table agrees with itself");
  for (int r = 0; r < shifted.count; r++) shifted.row[r].estimate.value += r * shifted.row[r].estimate.error;
  shifted.row[1] = shifted.row[--shifted.count];
  sq_obs_compare(table, &shifted, &c);
  tap_check(c.count == table->count - 1, "rows missing on one side are left out");
  tap_near(c.worst, table->count == ROWS ? 12 / sqrt(2) : 0, 1e-9, "the largest difference in combined errors");
  shifted.row[0].estimate.error = NAN;
  sq_obs_compare(table, &shifted, &c);
  tap_check(isnan(c.worst) && isnan(c.row[0].sigmas), "a NaN decides nothing");
  shifted.count = 0;
  sq_obs_compare(table, &shifted, &c);
  tap_check(c.count == 0 && isnan(c.worst), "nothing in common: no verdict");
}

/* Two lines through two points each, errors e: they cross where (a - b) has error e, and its slope is 2. */
static void check_crossing(void)
{
  const double e = 0.01, x[] = {0, 1}, up[] = {-1, 1}, flat[] = {0, 0}, errors[] = {e, e};
  const sq_curve a = {2, x, up, errors}, b = {2, x, flat, errors}, above = {2, x, (double[]){3, 3}, errors},
                 nothing = {0};
  sq_crossing c, again;
  TAP_CALL(sq_obs_crossing(&b, &a, 7, 1000, &c));
  tap_check(c.found && fabs(c.x - 0.5) < 1e-12 && fabs(c.y) < 1e-12 && c.crossed == 1000, "two lines cross");
  tap_near(c.x_error, e / 2, 0.1 * e / 2, "with the error of the point by resampling");
  tap_near(c.y_error, e / sqrt(2), 0.1 * e, "and that of the height");
  TAP_CALL(sq_obs_crossing(&b, &a, 7, 1000, &again));
  tap_check(again.found && again.x_error == c.x_error, "which is the same every time");
  TAP_CALL(sq_obs_crossing(&above, &a, 7, 1000, &c));
  tap_check(!c.found, "parallel lines do not");
  TAP_CALL(sq_obs_crossing(&a, &b, 7, 1000, &c));
  tap_check(!c.found, "nor does one that falls behind");
  TAP_CALL(sq_obs_crossing(&nothing, &a, 7, 1000, &c));
  tap_check(!c.found, "nor does one without points");
  TAP_CALL(sq_obs_crossing(&a, &nothing, 7, 1000, &c));
  tap_check(!c.found, "on either side");
}

/* Curves with known crossings, made over and over again: the error is that of the scatter, and nothing pulls to the
 * middle of the range. False alarms: 5 standard deviations of the figures over REPEATED scans. */
static void check_crossing_errors(double there)
{
  enum { POINTS = 7, REPEATED = 200, RESAMPLES = 200 };
  double x[POINTS], y[2][POINTS], error[POINTS], noise[2 * POINTS];
  sq_running at = {0}, height = {0}, quoted[2] = {0};
  for (int r = 0; r < REPEATED; r++) {
    sq_rng_normals(sq_stream_make(3, SQ_RNG_TEST, 0), 0, 2 * POINTS, (uint64_t)r, 0, noise);
    for (int i = 0; i < POINTS; i++) {
      double t = (x[i] = 0.25 + 0.005 * i) - there;
      error[i] = 0.01;
      y[0][i] = 0.45 + 6 * t + 20 * t * t + error[i] * noise[i];
      y[1][i] = 0.45 + 14 * t - 60 * t * t + error[i] * noise[POINTS + i];
    }
    const sq_curve a = {POINTS, x, y[0], error}, b = {POINTS, x, y[1], error};
    sq_crossing c;
    TAP_CALL(sq_obs_crossing(&a, &b, 7, RESAMPLES, &c));
    if (!c.found) continue;
    sq_running_add(&at, c.x), sq_running_add(&height, c.y);
    sq_running_add(&quoted[0], c.x_error), sq_running_add(&quoted[1], c.y_error);
  }
  double scatter = sqrt(sq_running_variance(&at)), ratio = scatter / quoted[0].mean,
         ratio_y = sqrt(sq_running_variance(&height)) / quoted[1].mean;
  tap_check(at.n == REPEATED && fabs(at.mean - there) < 5 * scatter / sqrt(REPEATED) + 0.1 * scatter,
            "a crossing at %g is found there: %.5f", there, at.mean);
  tap_check(fabs(ratio - 1) < 0.25 && fabs(ratio_y - 1) < 0.25, "with its error: scatter over quoted %.2f, %.2f", ratio,
            ratio_y);
}

int main(int argc, char **argv)
{
  tap_begin(&argc, &argv);
  check_crossing();
  check_crossing_errors(0.265);
  check_crossing_errors(0.2585);
  sq_obs_table table;
  theory = sq_action_described("phi4 kappa=0.2 lambda=0.1");
  make_columns();
  TAP_CALL(sq_obs_analyse(theory, 2, extent, N, column, chain, NULL, &table));
  check_table(&table);
  check_order_and_weights(&table);
  check_missing();
  check_fixed();
  check_comparison(&table);
  return tap_end();
}
