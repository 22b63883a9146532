/* SPDX-License-Identifier: BSD-3-Clause */
/* How observables and couplings are written on axes and in tables: by their names in measure.csv and in decks. */
#include "src/plot/plot.h"
#include <string.h>

static const sq_symbol symbols[] = {
  {"M", "⟨M⟩", "$\\langle M\\rangle$"},
  {"abs_M", "⟨|M|⟩", "$\\langle|M|\\rangle$"},
  {"M2", "⟨M^{2}⟩", "$\\langle M^2\\rangle$"},
  {"phi2", "⟨φ^{2}⟩", "$\\langle\\phi^2\\rangle$"},
  {"phi4", "⟨φ^{4}⟩", "$\\langle\\phi^4\\rangle$"},
  {"link", "⟨φ_{x}φ_{x+μ}⟩", "$\\langle\\phi_x\\phi_{x+\\hat\\mu}\\rangle$"},
  {"action_density", "⟨S⟩/V", "$\\langle S\\rangle/V$"},
  {"chi2", "χ_{2}", "$\\chi_2$"},
  {"chi_abs", "χ_{|M|}", "$\\chi_{|M|}$"},
  {"U_L", "U_{L}", "$U_L$"},
  {"G_pmin", "G(p_{min})", "$G(p_{\\min})$"},
  {"xi", "ξ", "$\\xi$"},
  {"schwinger_dyson", "Schwinger–Dyson", "Schwinger--Dyson"},
  {"chi2_fit", "χ_{2} (fit)", "$\\chi_2$ (fit)"},
  {"xi_fit", "ξ (fit)", "$\\xi$ (fit)"},
  {"ess", "effective sample size", "ESS"},
  {"log_Z", "log Z", "$\\log Z$"},
  {"free_energy", "−log Z / V", "$-\\log Z/V$"},
  {"helicity", "Υ", "$\\Upsilon$"},
  {"energy_density", "⟨E⟩/V", "$\\langle E\\rangle/V$"},
  {"kappa", "κ", "$\\kappa$"},
  {"lambda", "λ", "$\\lambda$"},
  {"beta", "β", "$\\beta$"},
  {"mu", "μ", "$\\mu$"},
  {"eta", "η", "$\\eta$"},
};

const sq_symbol *sq_symbol_find(const char *name)
{
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
    if (!strcmp(symbols[i].name, name)) return &symbols[i];
  return NULL;
}

PetscErrorCode sq_symbol_add(const char *name, sq_text *script)
{
  PetscFunctionBeginUser;
  const sq_symbol *symbol = sq_symbol_find(name);
  if (symbol) PetscCall(sq_text_add(script, "%s", symbol->plot));
  for (const char *c = symbol ? "" : name; *c; c++)
    PetscCall(sq_text_add(script, strchr("_^@&~", *c) ? "\\%c" : "%c", *c));
  PetscFunctionReturn(0);
}
