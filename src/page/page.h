/* SPDX-License-Identifier: BSD-3-Clause */
/* page: report/index.html: what a run has, in words, tables and figures; report/table.tex. */
#ifndef SQUALL_PAGE_H
#define SQUALL_PAGE_H

#include "src/report/report.h"

/* What a deck says about figures and the page. */
typedef struct {
  int formats; /* of pictures, as sq_canvas has them */
  sq_style style;
  bool chosen[SQ_FIGURES]; /* the figures of sq_figures to draw, without the page; none: all and the page */
  bool refresh;            /* drawn while a run goes on, too */
  bool some;               /* whether there is one */
} sq_page_settings;
extern const sq_param sq_page_params[];
/* Not collective. */
void sq_page_settings_from_deck(const sq_deck *deck, sq_page_settings *set);

/* A section of the page: adds its text; nothing when the run has nothing to say. Collective. */
typedef PetscErrorCode sq_section(const sq_report *report, sq_text *page);
sq_section sq_section_families, sq_section_ensembles, sq_section_weights, sq_section_likelihood, sq_section_quantum;
extern sq_section *const sq_sections[]; /* NULL-terminated, in the order of the page (table.c) */

/* The rows of measure.csv that stand in the table of ensembles behind those of observables, NULL-terminated. */
extern const char *const sq_page_measured_rows[];
/* Finds such a row; false: there is none. Not collective (ensembles.c). */
bool sq_page_measured(sq_cells *measured, const char *ensemble, const char *name, sq_estimate *x);

/* Adds text with what HTML asks for in place of < > " &. Not collective (frame.c). */
PetscErrorCode sq_page_escape(sq_text *page, const char *text);
/* The page up to its first section: links are those to what follows. Collective. */
PetscErrorCode sq_page_head(const sq_report *report, const char *links, sq_text *page);
/* The deck, and the end of the page. Not collective. */
PetscErrorCode sq_page_foot(const sq_report *report, sq_text *page);
/* The table of ensembles for LaTeX; nothing where there are none. Not collective (latex.c). */
PetscErrorCode sq_page_latex(const sq_report *report, sq_text *table);

/* From now on the page is drawn while the run goes on, unless the deck wants none or chosen figures alone; redraw is
 * the caller's, as long as run->redraw points to it. Not collective (page.c). */
PetscErrorCode sq_page_redraw_begin(sq_run *run, sq_redraw *redraw);

extern const sq_stage sq_report_stage;

#endif
