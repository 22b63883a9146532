/* SPDX-License-Identifier: BSD-3-Clause */
/* The section of the page about types of models side by side, as the stage families left them. */
#include "src/compare/compare.h"
#include "src/page/page.h"
#include <string.h>

PetscErrorCode sq_section_families(const sq_report *r, sq_text *page)
{
  PetscFunctionBeginUser;
  sq_cells cells;
  PetscCall(sq_report_table(r, "families.csv", &cells));
  if (cells.rows) {
    PetscCall(sq_text_add(page, "<h2>Families of models</h2>\n"));
    PetscCall(sq_families_text(&cells, &sq_families_html, page));
    PetscCall(sq_text_add(page, "<p>Behind values: their distance from Monte Carlo in combined errors. Not exact: "
                                "fields as the model makes them. Made exact: by its weights. An independent abs(M) is "
                                "2 tau_int fields of a chain, 1/ESS weighted fields, one field that nothing makes "
                                "exact. Each family has a report of its own:"));
    for (int64_t i = 0; i < cells.rows; i++)
      if (!strcmp(sq_cells_word(&cells, i, "ensemble"), "generated"))
        PetscCall(sq_text_add(page, " <a href=\"../%s/report/index.html\">%s</a>", sq_cells_word(&cells, i, "family"),
                              sq_cells_word(&cells, i, "family")));
    PetscCall(sq_text_add(page, ".</p>\n"));
  }
  sq_cells_clear(&cells);
  PetscFunctionReturn(0);
}

/* ---- the figure ---- */
