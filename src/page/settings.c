/* SPDX-License-Identifier: BSD-3-Clause */
/* What a deck says about figures and the page. */
#include "src/page/page.h"

const sq_param sq_page_params[] = {
  {"report", "format", SQ_PARAM_WORDS, "auto", 0, 0, NULL, "",
   "formats of the figures; auto: png, and for paper pdf too", .names = sq_format_name, .later = true, .apart = true},
  {"report", "style", SQ_PARAM_CHOICE, "web", 0, 0, NULL, "",
   "web: for the page; paper: 8.6 cm wide, a serif font, thin lines", .names = sq_style_name, .later = true,
   .apart = true},
  {"report", "refresh", SQ_PARAM_BOOL, "true", 0, 0, NULL, "",
   "squall run draws the page while it goes on, too, in less than 1 % of its time", .later = true, .apart = true},
  {"report", "figure", SQ_PARAM_WORDS, "[]", 0, 0, NULL, "",
   "figures to draw, by name, without the page; [s_eff, correlator]; []: the page with all of them",
   .names = sq_figure_name, .later = true, .apart = true},
  {0}};

void sq_page_settings_from_deck(const sq_deck *deck, sq_page_settings *set)
{
  const char *name;
  *set = (sq_page_settings){.style = (sq_style)sq_find_name(sq_style_name, sq_deck_text(deck, "report", "style")),
                            .refresh = sq_deck_bool(deck, "report", "refresh")};
  for (int i = 0; (name = sq_format_name(i)); i++)
    if (sq_deck_chosen(deck, "report", "format", name)) set->formats |= 1 << i;
  if (!set->formats) set->formats = set->style == SQ_STYLE_PAPER ? SQ_FORMAT_PNG | SQ_FORMAT_PDF : SQ_FORMAT_PNG;
  for (int i = 0; (name = sq_figure_name(i)); i++) {
    set->chosen[i] = sq_deck_chosen(deck, "report", "figure", name);
    set->some = set->some || set->chosen[i];
  }
}
