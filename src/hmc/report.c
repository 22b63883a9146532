/* SPDX-License-Identifier: BSD-3-Clause */
/* What thermalisation found, in words; and the numbers that are stored of it. */
#include "internal.h"
#include <math.h>
#include <string.h>

const char *const sq_hmc_tuning_name[SQ_HMC_TUNING_NUMBERS] = {
  "length",     "eps",     "steps",         "separation", "thermalisation_trajectories",
  "acceptance", "tau_int", "tau_int_error", "cluster",    "mass"};

void sq_hmc_tuning_save(const sq_hmc_tuning *t, double number[SQ_HMC_TUNING_NUMBERS])
{
  const double numbers[SQ_HMC_TUNING_NUMBERS] = {
    t->length,     t->eps,     (double)t->steps, (double)t->separation, (double)t->thermalisation,
    t->acceptance, t->tau_int, t->tau_int_error, (double)t->cluster,    t->mass};
  memcpy(number, numbers, sizeof numbers);
}

void sq_hmc_tuning_restore(sq_hmc_tuning *t, const double n[SQ_HMC_TUNING_NUMBERS])
{
  *t = (sq_hmc_tuning){.length = n[0],
                       .eps = n[1],
                       .steps = (int64_t)n[2],
                       .separation = (int64_t)n[3],
                       .thermalisation = (int64_t)n[4],
                       .acceptance = n[5],
                       .tau_int = n[6],
                       .tau_int_error = n[7],
                       .cluster = (int64_t)n[8],
                       .mass = n[9]};
}

/* What is compared: "|M|, S/V, Schwinger-Dyson", or, with the means, "|M| 4.83 +- 0.1 and 3.2 +- 0.1, S/V ..." */
static void watched_text(const sq_hmc *hmc, bool means, char *text, size_t size)
{
  static const char *const name[SQ_WATCHED] = {"|M|", "S/V", "Schwinger-Dyson"};
  const sq_hmc_agreement *a = &hmc->agreement;
  size_t used = 0;
  text[0] = '\0';
  for (int w = 0; w < SQ_WATCHED && used < size; w++) {
    if (w == SQ_WATCH_SD && isnan(hmc->action.type->space->identity)) continue;
    used += (size_t)snprintf(text + used, size - used, "%s%s", w ? ", " : "", name[w]);
    if (means && used < size)
      used += (size_t)snprintf(text + used, size - used, " %.4g +- %.2g and %.4g +- %.2g", a->production[w].value,
                               a->production[w].error, a->probe[w].value, a->probe[w].error);
  }
}

/* What was decided about the starts, and why. */
static void report_starts(const sq_hmc *hmc)
{
  const char *section = hmc->set.section;
  const bool hot = sq_start_of(&hmc->action, hmc->set.start) == SQ_START_HOT, helped = hmc->thermal->helped,
             clusters = helped && hmc->set.cluster != SQ_HMC_AUTO && !hmc->set.scheme;
  const char *start = hot ? "hot" : "ordered", *other = hot ? "ordered" : "hot";
  char watched[64], means[256];
  watched_text(hmc, false, watched, sizeof watched);
  watched_text(hmc, true, means, sizeof means);
  if (sq_starts_agree(hmc) && !helped) {
    sq_info("%s: hot and ordered starts agree within %.1f sigma (%s); production is from %s ones", section,
            hmc->agreement.sigmas, watched, start);
    return;
  }
  if (sq_starts_agree(hmc)) {
    sq_info("%s: probes from %s starts were off by %.1f sigma; after cluster updates, which turn domains, they agree "
            "with production, from %s starts, within %.1f sigma (%s): production is in equilibrium",
            section, other, hmc->thermal->apart, start, hmc->agreement.sigmas, watched);
    return;
  }
  if (isnan(hmc->agreement.sigmas)) {
    sq_warn("%s: hot and ordered starts cannot be compared, their chains move too little: production is NOT "
            "THERMALISED; raise %s.thermalisation%s",
            section, section, !strcmp(section, "hmc") ? ", or take smaller steps (hmc.steps)" : "");
    return;
  }
  sq_warn("%s: hot and ordered starts disagree by %.1f sigma (production, from %s starts, and probes%s: %s): "
          "production is NOT THERMALISED; raise %s.thermalisation%s%s%s",
          section, hmc->agreement.sigmas, start, helped ? ", after cluster updates" : "", means, section,
          clusters ? ", or allow cluster updates (" : "", clusters ? section : "", clusters ? ".cluster: auto)" : "");
}

static const char *name_of(const sq_hmc_trial *trial)
{
  static const char *const name[2][2] = {{"plain", "Fourier acceleration"},
                                         {"cluster updates", "cluster updates and Fourier acceleration"}};
  return name[trial->cluster > 0][trial->fourier];
}

/* "hmc: cost ... cluster updates 546 (tau_int 3.3), plain 1770 (tau_int 7)" */
static void report_choice(const sq_hmc *hmc)
{
  char text[400];
  size_t used = 0;
  if (hmc->thermal->trials < 2) return;
  for (int k = 0; k < hmc->thermal->trials && used < sizeof text; k++) {
    const sq_hmc_trial *t = &hmc->thermal->trial[k];
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s ", k ? ", " : "", name_of(t));
    if (used >= sizeof text) break;
    if (!t->tried) used += (size_t)snprintf(text + used, sizeof text - used, "more at best");
    else if (isinf(t->cost))
      used += (size_t)snprintf(text + used, sizeof text - used, "more (tau_int above %.2g)", t->tau_int);
    else used += (size_t)snprintf(text + used, sizeof text - used, "%.3g (tau_int %.2g)", t->cost, t->tau_int);
  }
  sq_info("%s: work for an independent configuration, in updates of each site: %s", hmc->set.section, text);
}

/* ", 1 cluster update after each, Fourier acceleration with mass 0.3" */
static void extras_text(const sq_hmc *hmc, char *text, size_t size)
{
  const sq_hmc_tuning *t = &hmc->tuning;
  const sq_hmc_settings *set = &hmc->set;
  const char *jumps = set->jumps ? hmc->action.type->jump->unit : "";
  size_t used = 0;
  text[0] = '\0';
  if (t->cluster)
    used = (size_t)snprintf(text, size, ", %lld cluster update%s after each", (long long)t->cluster,
                            t->cluster > 1 ? "s" : "");
  if (set->jumps && used < size)
    used += (size_t)snprintf(text + used, size - used, ", %lld %s", (long long)set->jumps, jumps);
  if (t->mass > 0 && used < size) snprintf(text + used, size - used, ", Fourier acceleration with mass %.3g", t->mass);
}

static void report_tuning(const sq_hmc *hmc)
{
  const sq_hmc_tuning *t = &hmc->tuning;
  const sq_dynamics *dynamics = hmc->set.dynamics;
  const sq_pace pace = sq_hmc_pace(hmc);
  char what[128], extras[128], acceptance[32] = ";", unit[32] = "";
  dynamics->describe(hmc->md, &pace, what, sizeof what);
  extras_text(hmc, extras, sizeof extras);
  if (dynamics->tuned) snprintf(acceptance, sizeof acceptance, ", acceptance %.2f,", t->acceptance);
  else snprintf(unit, sizeof unit, " %s", dynamics->unit);
  sq_info("%s: thermalised for %lld %s%s%s%s tau_int %.2g +- %.1g%s, separation %lld", hmc->set.section,
          (long long)t->thermalisation, dynamics->unit, what, extras, acceptance, t->tau_int, t->tau_int_error, unit,
          (long long)t->separation);
}

void sq_hmc_report(const sq_hmc *hmc, bool too_short)
{
  const sq_hmc_tuning *t = &hmc->tuning;
  const char *unit = hmc->set.dynamics->unit;
  report_choice(hmc);
  report_tuning(hmc);
  if (too_short)
    sq_warn("%s: thermalisation is too short: %lld %s at the final length, tau_int at least %.2g; give "
            "%s.thermalisation a larger value",
            hmc->set.section, (long long)hmc->warmup.rows, unit, t->tau_int, hmc->set.section);
  if ((double)t->separation < t->tau_int)
    sq_warn("%s: stored configurations are correlated: %lld %s apart with tau_int %.2g", hmc->set.section,
            (long long)t->separation, unit, t->tau_int);
  report_starts(hmc);
}
