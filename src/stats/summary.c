/* SPDX-License-Identifier: BSD-3-Clause */
/* summary: running moments and controlled means. Serial. */
#include "squall/stats.h"
#include <math.h>

void sq_running_add(sq_running *running, double x)
{
  double difference = x - running->mean;
  running->n++;
  running->mean += difference / (double)running->n;
  running->square += difference * (x - running->mean);
}

void sq_running_merge(sq_running *running, const sq_running *other)
{
  if (other->n == 0) return;
  double difference = other->mean - running->mean, n = (double)(running->n + other->n), part = (double)other->n / n;
  running->square += other->square + difference * difference * part * (double)running->n;
  running->mean += difference * part;
  running->n += other->n;
}

double sq_running_variance(const sq_running *running)
{
  return running->n > 1 ? running->square / (double)(running->n - 1) : NAN;
}

double sq_running_error(const sq_running *running)
{
  return sqrt(sq_running_variance(running) / (double)running->n);
}

double sq_controlled_mean(double x, double y, double known, double yy, double xy)
{
  double variance = yy - y * y, covariance = xy - x * y;
  return variance > 0 ? x - (y - known) * covariance / variance : x;
}
