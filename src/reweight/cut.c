/* SPDX-License-Identifier: BSD-3-Clause */
/* The least cut of a graph: places are taken in the order in which those before hold them most strongly; the last one
 * may be cut off at the sum of its links, and is then joined with the one before it. */
#include "cut.h"
#include <math.h>
#include <string.h>

enum { MOST = SQ_REWEIGHT_STATES };

typedef struct {
  int n, at[MOST];         /* at[v]: the place that v has been joined with */
  bool gone[MOST];         /* it was joined with another */
  double link[MOST][MOST]; /* symmetric */
} graph;

static void copy(int n, const double *link, graph *g)
{
  memset(g, 0, sizeof *g);
  g->n = n;
  for (int k = 0; k < n; k++) {
    g->at[k] = k;
    for (int l = 0; l < k; l++) g->link[k][l] = g->link[l][k] = fmax(0, link[k * MOST + l]);
  }
}

static void join(graph *g, int into, int from)
{
  for (int v = 0; v < g->n; v++) {
    g->link[into][v] += g->link[from][v];
    g->link[v][into] = g->link[into][v];
    if (g->at[v] == from) g->at[v] = into;
  }
  g->gone[from] = true;
}

/* The last of `left` places in that order, the one before it, and what holds the last one. */
static double find_last(const graph *g, int left, int *last, int *before)
{
  double held[MOST] = {0};
  bool taken[MOST] = {false};
  *last = -1;
  for (int step = 0; step < left; step++) {
    int next = -1;
    for (int v = 0; v < g->n; v++)
      if (!g->gone[v] && !taken[v] && (next < 0 || held[v] > held[next])) next = v;
    taken[next] = true;
    *before = *last, *last = next;
    for (int v = 0; v < g->n && step + 1 < left; v++)
      if (v != next) held[v] += g->link[v][next];
  }
  return held[*last];
}

double sq_least_cut(int n, const double *link, bool *side)
{
  graph g;
  double least = INFINITY;
  copy(n, link, &g);
  for (int left = n; left > 1; left--) {
    int last, before;
    const double cut = find_last(&g, left, &last, &before);
    if (cut < least)
      for (int v = 0; v < n; v++) side[v] = g.at[v] == last;
    least = fmin(least, cut);
    join(&g, before, last);
  }
  return least;
}
