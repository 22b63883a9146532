/* SPDX-License-Identifier: BSD-3-Clause */
/* What a scaling study found: CSV, figures with parallel efficiency, the fitted model, and a table of predicted times.
 */
#include "src/report/report.h"
#include "src/bench/scaling.h"
#include <math.h>
#include <string.h>

static void text_of(const sq_scaling_point *p, char *extents, size_t size)
{
  sq_extents_text(p->dim, p->extent + SQ_DIM - p->dim, extents, size);
}

/* ---- measured ---- */

static PetscErrorCode add_measured(const sq_scaling_point *points, int count, sq_table *out)
{
  PetscFunctionBeginUser;
  static const sq_column columns[] = {{"kind", "%s"},
                                      {"mode", "%s"},
                                      {"d", "%.0f"},
                                      {"extents", "%s"},
                                      {"fields", "%.0f"},
                                      {"ranks", "%.0f"},
                                      {"replicas", "%.0f"},
                                      {"seconds", "%.4g"},
                                      {"efficiency", "%.3f"},
                                      {"model_seconds", "%.4g"},
                                      {"model_efficiency", "%.3f"},
                                      {0}};
  PetscCall(sq_table_begin(columns, out));
  for (int i = 0; i < count; i++) {
    const sq_scaling_point *p = &points[i], *first = sq_scaling_first(points, count, p);
    char extents[64];
    text_of(p, extents, sizeof extents);
    PetscCall(sq_table_add(
      out, SQ_ROW(SQ_CELL("kind", sq_scaling_name[p->kind]), SQ_CELL("mode", sq_scaling_mode_name[p->mode]),
                  SQ_CELL("d", p->dim), SQ_CELL("extents", extents), SQ_CELL("fields", p->fields),
                  SQ_CELL("ranks", p->ranks), SQ_CELL("replicas", p->replicas), SQ_CELL("seconds", p->seconds),
                  SQ_CELL("efficiency", first ? sq_scaling_efficiency(p, first, false) : NAN),
                  SQ_CELL("model_seconds", p->model),
                  SQ_CELL("model_efficiency", first ? sq_scaling_efficiency(p, first, true) : NAN))));
  }
  PetscFunctionReturn(0);
}

static void log_model(const sq_scaling_point *points, int count, double price[SQ_SCALING_KINDS][SQ_COSTS])
{
  for (int kind = 0; kind < SQ_SCALING_KINDS; kind++) {
    double worst = 0;
    for (int i = 0; i < count; i++)
      if ((int)points[i].kind == kind) worst = fmax(worst, fabs(points[i].model / points[i].seconds - 1));
    sq_info("scaling: %s: seconds = %.3g x %s of a rank + %.3g x bytes it sends + %.3g x messages it sends; off by at "
            "most %.0f %%",
            sq_scaling_name[kind], price[kind][SQ_COST_WORK], kind == SQ_SCALING_HMC ? "site updates" : "flops",
            price[kind][SQ_COST_BYTES], price[kind][SQ_COST_MESSAGES], 100 * worst);
  }
}

/* ---- predicted ---- */

/* What of a deck a point is part of. */
static double times_of(const sq_run *run, const sq_scaling_set *set, const sq_scaling_point *p)
{
  switch (p->kind) {
  case SQ_SCALING_HMC: return 1000;
  case SQ_SCALING_TRAINING: return (double)run->train.options.learner.steps;
  default: return (double)run->sample.configurations / (double)p->fields * (double)run->sample.steps / set->steps;
  }
}

static PetscErrorCode predict(const sq_bench *bench, const sq_scaling_set *set, const sq_scaling_point *one,
                              const double price[SQ_COSTS], sq_table *csv, sq_text *table)
{
  PetscFunctionBeginUser;
  const sq_run *run = bench->run;
  char extents[64];
  static const char *const what[SQ_SCALING_KINDS] = {"1000 trajectories of one chain", "the training of this deck",
                                                     "the samples of this deck"};
  text_of(one, extents, sizeof extents);
  PetscCall(sq_text_add(table, "  %s, %s:", what[one->kind], extents));
  for (int i = 0; i < bench->set.counts; i++) {
    sq_scaling_point p = *one;
    double volume = 1, seconds = 0;
    for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)p.extent[mu];
    p.ranks = (int)bench->set.cores[i];
    int64_t pieces = p.kind == SQ_SCALING_SAMPLING ? run->sample.configurations : p.fields;
    if (p.kind == SQ_SCALING_SAMPLING) p.fields = pieces;
    p.replicas = p.kind == SQ_SCALING_HMC ?
                   1 :
                   sq_scaling_replicas(set, &p,
                                       PetscMax((int64_t)1, pieces / sq_network_batch(&set->shape, (int64_t)volume)));
    bool can = p.replicas && sq_scaling_cost(set, &p);
    for (int k = 0; k < SQ_COSTS && can; k++) seconds += price[k] * p.cost[k];
    double total = can ? seconds * times_of(run, set, &p) : NAN;
    if (can)
      PetscCall(sq_table_add(csv, SQ_ROW(SQ_CELL("kind", sq_scaling_name[p.kind]), SQ_CELL("d", p.dim),
                                         SQ_CELL("extents", extents), SQ_CELL("ranks", p.ranks),
                                         SQ_CELL("replicas", p.replicas), SQ_CELL("seconds", seconds),
                                         SQ_CELL("deck_seconds", total))));
    if (can) PetscCall(sq_text_add(table, "  %d: %.3g s", p.ranks, total));
  }
  PetscCall(sq_text_add(table, "\n"));
  PetscFunctionReturn(0);
}

static PetscErrorCode predict_all(const sq_bench *bench, const sq_scaling_set *set, const sq_scaling_point *points,
                                  int count, double price[SQ_SCALING_KINDS][SQ_COSTS], sq_table *csv)
{
  PetscFunctionBeginUser;
  sq_text table = {0};
  static const sq_column columns[] = {
    {"kind", "%s"},       {"d", "%.0f"},       {"extents", "%s"},        {"ranks", "%.0f"},
    {"replicas", "%.0f"}, {"seconds", "%.4g"}, {"deck_seconds", "%.4g"}, {0}};
  PetscCall(sq_table_begin(columns, csv));
  PetscCall(sq_text_add(&table, "scaling: predicted times by number of cores:\n"));
  for (int i = 0; i < count; i++)
    if (points[i].mode == SQ_SCALING_STRONG && points[i].ranks == 1)
      PetscCall(predict(bench, set, &points[i], price[points[i].kind], csv, &table));
  sq_info("%s", table.text);
  sq_text_clear(&table);
  PetscFunctionReturn(0);
}

/* ---- figures ---- */

/* Blocks of ranks, seconds, efficiency, those of the model: one for each sweep of a kind. */
static PetscErrorCode add_sweeps(const sq_scaling_point *points, int count, sq_scaling_kind kind, sq_text *out)
{
  PetscFunctionBeginUser;
  const sq_scaling_point *before = NULL;
  for (int i = 0; i < count; i++) {
    const sq_scaling_point *p = &points[i], *first = sq_scaling_first(points, count, p);
    char extents[64];
    if (p->kind != kind || !first) continue;
    text_of(first, extents, sizeof extents);
    if (first != before)
      PetscCall(sq_text_add(out, "%s# %s, %s\n", before ? "\n\n" : "", sq_scaling_mode_name[p->mode], extents));
    before = first;
    PetscCall(sq_text_add(out, "%d %.5g %.4g %.5g %.4g\n", p->ranks, p->seconds, sq_scaling_efficiency(p, first, false),
                          p->model, sq_scaling_efficiency(p, first, true)));
  }
  if (before) PetscCall(sq_text_add(out, "\n\n"));
  PetscFunctionReturn(0);
}

#define SWEEPS(column, model, names)                                                                                   \
  "plot for [i=0:blocks-1] data index i using 1:" column " with points pt 7 ps 0.8 lc rgb colour[i%6+1] title " names  \
  ", "                                                                                                                 \
  "for [i=0:blocks-1] data index i using 1:" model " lc rgb colour[i%6+1] notitle\n"
static const char script[] = "set multiplot layout 1,2\nset logscale x 2\nset xlabel 'ranks'\nset ylabel "
                             "'seconds'\nset logscale y\nset format y '%g'\n" SWEEPS(
                               "2", "4", "name[i+1]") "unset logscale y\nset ylabel 'parallel efficiency'\nset yrange "
                                                      "[0:1.2]\n" SWEEPS("3", "5", "''") "unset multiplot\n";

static PetscErrorCode draw(const sq_run *run, const sq_scaling_point *points, int count, const char *directory)
{
  PetscFunctionBeginUser;
  static const char *const unit[SQ_SCALING_KINDS] = {"a trajectory", "a training step",
                                                     "generating the fields of a step"};
  sq_canvas canvas = {.world = run->world, .pictures = run->figures};
  snprintf(canvas.directory, sizeof canvas.directory, "%s", directory);
  for (int kind = 0; kind < SQ_SCALING_KINDS; kind++) {
    char name[32], title[96];
    sq_text data = {0};
    int drawn;
    PetscCall(add_sweeps(points, count, (sq_scaling_kind)kind, &data));
    if (data.used) {
      snprintf(name, sizeof name, "scaling_%s", sq_scaling_name[kind]);
      snprintf(title, sizeof title, "Time of %s; points measured, lines fitted", unit[kind]);
      const sq_figure figure = {
        .name = name, .title = title, .caption = "", .width = 1000, .height = 420, .script = script};
      PetscCall(sq_figure_draw(&canvas, &figure, data.text, &drawn));
    }
    sq_text_clear(&data);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_scaling_report(const sq_bench *bench, const sq_scaling_set *set, sq_scaling_point *points, int count)
{
  PetscFunctionBeginUser;
  const sq_run *run = bench->run;
  const char *directory = bench->set.directory;
  double price[SQ_SCALING_KINDS][SQ_COSTS];
  sq_table measured, predicted;
  char path[SQ_PATH];
  PetscCall(sq_make_directory(run->world, directory));
  sq_scaling_fit(points, count, price);
  log_model(points, count, price);
  PetscCall(add_measured(points, count, &measured));
  PetscCall(predict_all(bench, set, points, count, price, &predicted));
  if (run->size == 1)
    sq_warn("scaling: measured on one rank only: what bytes and messages cost is not known, and predictions for more "
            "ranks are without it");
  snprintf(path, sizeof path, "%.900s/scaling.csv", directory);
  PetscCall(sq_write_text(run->world, path, measured.text.text));
  snprintf(path, sizeof path, "%.900s/prediction.csv", directory);
  PetscCall(sq_write_text(run->world, path, predicted.text.text));
  PetscCall(draw(run, points, count, directory));
  sq_info("scaling: tables and figures are in %s", directory);
  sq_text_clear(&measured.text);
  sq_text_clear(&predicted.text);
  PetscFunctionReturn(0);
}
