/* SPDX-License-Identifier: BSD-3-Clause */
/* Linear least squares with few terms, by the normal equations of scaled columns (Cholesky). */
#include "squall/stats.h"
#include <math.h>
#include <string.h>

enum { MOST = SQ_FIT_TERMS };

/* Solves A c = b for a symmetric positive definite A[n][n], in place; false if it is not. */
static bool solve(int n, double A[MOST][MOST], double b[MOST])
{
  for (int j = 0; j < n; j++) {
    for (int k = 0; k < j; k++) A[j][j] -= A[j][k] * A[j][k];
    if (!(A[j][j] > 1e-12)) return false;
    A[j][j] = sqrt(A[j][j]);
    for (int i = j + 1; i < n; i++) {
      for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
  }
  for (int i = 0; i < n; i++) {
    for (int k = 0; k < i; k++) b[i] -= A[i][k] * b[k];
    b[i] /= A[i][i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) b[i] -= A[k][i] * b[k];
    b[i] /= A[i][i];
  }
  return true;
}

/* The columns of x that are in use, each scaled to norm 1 with the weights; scale 0: a column of zeros. */
static void normal_equations(int rows, int terms, const double *x, const double *y, const double *weight, int used,
                             const int *column, double A[MOST][MOST], double b[MOST], double scale[MOST])
{
  for (int j = 0; j < used; j++) {
    scale[j] = 0;
    for (int i = 0; i < rows; i++) scale[j] += weight[i] * x[i * terms + column[j]] * x[i * terms + column[j]];
    scale[j] = sqrt(scale[j]);
  }
  for (int j = 0; j < used; j++) {
    b[j] = 0;
    for (int i = 0; i < rows; i++) b[j] += weight[i] * x[i * terms + column[j]] / scale[j] * y[i];
    for (int k = 0; k < used; k++) {
      A[j][k] = 0;
      for (int i = 0; i < rows; i++)
        A[j][k] += weight[i] * (x[i * terms + column[j]] / scale[j]) * (x[i * terms + column[k]] / scale[k]);
    }
  }
}

/* With the columns whose bit is set in mask; the other coefficients are 0. */
static bool fit_some(int rows, int terms, const double *x, const double *y, const double *weight, int mask,
                     double *coefficient)
{
  double A[MOST][MOST], b[MOST], scale[MOST];
  int column[MOST], used = 0;
  for (int k = 0; k < terms; k++)
    if (mask >> k & 1) column[used++] = k;
  normal_equations(rows, terms, x, y, weight, used, column, A, b, scale);
  if (rows < used || !solve(used, A, b)) return false;
  memset(coefficient, 0, (size_t)terms * sizeof *coefficient);
  for (int j = 0; j < used; j++) coefficient[column[j]] = b[j] / scale[j];
  return true;
}

static double residual(int rows, int terms, const double *x, const double *y, const double *weight,
                       const double *coefficient)
{
  double sum = 0;
  for (int i = 0; i < rows; i++) {
    double d = y[i];
    for (int k = 0; k < terms; k++) d -= x[i * terms + k] * coefficient[k];
    sum += weight[i] * d * d;
  }
  return sum;
}

bool sq_fit_linear(int rows, int terms, const double *x, const double *y, const double *weight, double *coefficient)
{
  return terms <= MOST && fit_some(rows, terms, x, y, weight, (1 << terms) - 1, coefficient);
}

/* The best fit has some coefficients at 0 and the others free: with few terms all choices can be tried. */
bool sq_fit_nonnegative(int rows, int terms, const double *x, const double *y, const double *weight,
                        double *coefficient)
{
  double best = INFINITY, candidate[MOST];
  for (int mask = 1; terms <= MOST && mask < 1 << terms; mask++) {
    bool fine = fit_some(rows, terms, x, y, weight, mask, candidate);
    for (int k = 0; k < terms && fine; k++) fine = candidate[k] >= 0;
    double r = fine ? residual(rows, terms, x, y, weight, candidate) : INFINITY;
    if (!(r < best)) continue;
    best = r;
    memcpy(coefficient, candidate, (size_t)terms * sizeof *candidate);
  }
  return isfinite(best);
}

/* ---- where two curves cross ---- */

/* A polynomial in (x - centre)/width through points with errors. */
static bool fit_polynomial(const sq_curve *curve, int terms, double centre, double width, double *coefficient)
{
  enum { POINTS = SQ_CURVE_POINTS };
  double x[POINTS * MOST], weight[POINTS];
  if (curve->points > POINTS || curve->points < terms || terms > MOST) return false;
  for (int i = 0; i < curve->points; i++) {
    double power = 1;
    for (int k = 0; k < terms; k++, power *= (curve->x[i] - centre) / width) x[i * terms + k] = power;
    weight[i] = 1 / (curve->error[i] * curve->error[i]);
  }
  return sq_fit_linear(curve->points, terms, x, curve->y, weight, coefficient);
}

static double polynomial(int terms, const double *c, double t)
{
  double sum = 0;
  for (int k = terms - 1; k >= 0; k--) sum = sum * t + c[k];
  return sum;
}

bool sq_curves_cross(const sq_curve *a, const sq_curve *b, int terms, double low, double high, double *x, double *y)
{
  enum { PIECES = 64, HALVINGS = 60 };
  double p[MOST], q[MOST], difference[MOST], centre = (low + high) / 2, width = (high - low) / 2, best = INFINITY;
  if (!(width > 0) || !fit_polynomial(a, terms, centre, width, p) || !fit_polynomial(b, terms, centre, width, q))
    return false;
  for (int k = 0; k < terms; k++) difference[k] = p[k] - q[k];
  for (int i = 0; i < PIECES; i++) { /* by bisection */
    double left = -1 + 2. * i / PIECES, right = left + 2. / PIECES;
    if (!(polynomial(terms, difference, left) >= 0) || polynomial(terms, difference, right) >= 0) continue;
    for (int n = 0; n < HALVINGS; n++) {
      double middle = (left + right) / 2;
      if (polynomial(terms, difference, middle) >= 0) left = middle;
      else right = middle;
    }
    if (fabs(left) < fabs(best)) best = left;
  }
  if (!isfinite(best)) return false;
  *x = centre + width * best;
  *y = polynomial(terms, p, best);
  return true;
}

/* ---- a straight line ---- */

sq_line sq_line_fit(int64_t n, int64_t stride, const double *x, const double *y)
{
  double x_mean = 0, y_mean = 0, xx = 0, yy = 0, xy = 0, dd = 0;
  for (int64_t i = 0; i < n; i++) {
    x_mean += x[i * stride] / (double)n;
    y_mean += y[i * stride] / (double)n;
  }
  for (int64_t i = 0; i < n; i++) {
    double dx = x[i * stride] - x_mean, dy = y[i * stride] - y_mean;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
    dd += (dy - dx) * (dy - dx);
  }
  return (sq_line){
    .R2 = xy * xy / (xx * yy), .slope = xy / xx, .offset = y_mean - x_mean, .variance = dd / ((double)n - 1)};
}
