/* SPDX-License-Identifier: BSD-3-Clause */
/* plot: figures drawn by gnuplot: their data, their scripts, how they look. What they show is for other rooms to say.
 */
#ifndef SQUALL_PLOT_H
#define SQUALL_PLOT_H

#include "src/run/run.h"

/* Formats of pictures, a bit each, and how they look (look.c). */
enum { SQ_FORMAT_PNG = 1, SQ_FORMAT_PDF = 2, SQ_FORMAT_SVG = 4 };
typedef enum { SQ_STYLE_WEB, SQ_STYLE_PAPER } sq_style;
const char *sq_format_name(int index); /* "png", in the order of the bits; NULL past the last. Not collective. */
const char *sq_style_name(int index);  /* the same of styles */

/* Where figures are drawn, and how. */
typedef struct {
  MPI_Comm world;
  char directory[SQ_PATH];
  bool pictures; /* false: data and scripts alone */
  int formats;   /* bits; 0: PNG */
  sq_style style;
} sq_canvas;

typedef struct sq_report sq_report; /* what a figure of a run gets its data from (src/report/report.h) */

/* Whether there is a figure; data that begin so are a sentence: why there are too few to draw. */
typedef enum { SQ_FIGURE_NONE, SQ_FIGURE_FEW, SQ_FIGURE_THERE } sq_figure_state;
#define SQ_FIGURE_TOO_FEW "#!"

/* A figure: what is drawn and how. */
typedef struct {
  const char *name, *title, *caption; /* the name is that of its files, and of report.figure */
  int width, height;                  /* pixels on the page */
  /* Adds the figure's data to out; nothing when the run has nothing to show. Collective. */
  PetscErrorCode (*data)(const sq_report *report, sq_text *out);
  const char *script; /* gnuplot, drawing from the file named by the variable `data`, with what look.c defines */
  int panels;         /* that stand below each other on paper; 0: the picture keeps its shape */
} sq_figure;

/* Whether there is a gnuplot; if not, that is said once and the canvas has no pictures from then on. Collective over
 * the canvas's world (draw.c). */
PetscErrorCode sq_canvas_check(sq_canvas *canvas);
/* Writes NAME.dat and NAME.gp, and draws NAME.png, NAME.pdf, NAME.svg, those asked for, if gnuplot is there; drawn: the
 * formats that are. The figure's own data function is not asked. Collective over the canvas's world (draw.c). */
PetscErrorCode sq_figure_draw(const sq_canvas *canvas, const sq_figure *figure, const char *data, int *drawn);
/* Adds the script that draws the figure from these data, in any format and style (look.c). Not collective. */
PetscErrorCode sq_figure_script(const sq_canvas *canvas, const sq_figure *figure, const char *data, sq_text *script);

/* Data in blocks, two blank lines apart, each after a line "# NAME". Start from {.out = text}. */
typedef struct {
  sq_text *out;
  char name[64]; /* of the present block */
} sq_blocks;
/* Begins a block where the name is another one than before; fresh (may be NULL) says whether. Not collective. */
PetscErrorCode sq_blocks_at(sq_blocks *blocks, const char *name, bool *fresh);
/* Ends the last block, if there is one. Not collective. */
PetscErrorCode sq_blocks_end(sq_blocks *blocks);

/* How an observable or a coupling is written: its name in measure.csv or the deck, on axes, in LaTeX (symbols.c). */
typedef struct {
  const char *name, *plot, *latex;
} sq_symbol;
const sq_symbol *sq_symbol_find(const char *name); /* NULL: it has none. Not collective. */
/* Adds it for an axis, in a string of gnuplot with single quotes; a name without a symbol as it is. Not collective. */
PetscErrorCode sq_symbol_add(const char *name, sq_text *script);

#endif
