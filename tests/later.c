/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes later leaves files of before where they are: a theory with one parameter more than it had, and sections
 * with one key more, have the fingerprints, streams and descriptions of before. */
#include "../src/action/types.h"
#include "run.h"

static sq_action_type planted; /* phi4 with a parameter more */
static sq_param params[4];
const sq_action_type *const sq_action_types[] = {&planted,      &sq_action_quartic,  &sq_action_on,
                                                 &sq_action_xy, &sq_action_complex,  &sq_action_ising,
                                                 &sq_action_u1, &sq_action_particle, NULL};

static void plant(void)
{
  planted = sq_action_phi4;
  memcpy(params, planted.params, 2 * sizeof *params);
  params[2] = (sq_param){"action", "planted", SQ_PARAM_REAL, "0.5", 0, 9, NULL, "", "came later"};
  planted.params = params;
}

/* The numbers are those of phi4 in tests/run.c. */
static void check_fingerprints(void)
{
  static const char *const sections[] = {"lattice", "action", "hmc", NULL};
  static const struct {
    const char *deck;
    bool same;
  } test[] = {{"action: {type: phi4, kappa: 0.21, lambda: 0.022}", true},
              {"action: {type: phi4, kappa: 0.21, lambda: 0.022, planted: 0.5}", true},
              {"action: {type: phi4, kappa: 0.21, lambda: 0.022, planted: 0.25}", false}};
  uint64_t stream[3];
  for (int i = 0; i < 3; i++) {
    char text[256], described[256];
    snprintf(text, sizeof text, "lattice: {extents: [4, 4]}\n%s\n", test[i].deck);
    sq_run *run = run_of(text);
    const bool same = sq_run_fingerprint(run, sections) == UINT64_C(0x0951d3474f9e8992);
    tap_check(same == test[i].same, "%s: the fingerprint is %s", test[i].deck, same ? "that of before" : "another one");
    stream[i] = sq_run_stream(run, "hmc", sections);
    sq_action_describe(&run->action, described, sizeof described);
    tap_check(!strcmp(described, "phi4 kappa=0.21 lambda=0.022") == test[i].same, "so is its description: %s",
              described);
    TAP_CALL(sq_run_destroy(&run));
  }
  tap_check(stream[0] == stream[1] && stream[0] != stream[2], "and its random numbers");
}

/* A description of before is that of the default. */
static void check_descriptions(void)
{
  sq_action action;
  const bool read = sq_action_read("phi4 kappa=0.21 lambda=0.022", 2, &action);
  tap_check(read && action.value[0] == 0.21 && action.value[1] == 0.022 && action.value[2] == 0.5, "what a description "
                                                                                                   "does not say is at "
                                                                                                   "its default");
}

static void check_keys(void)
{
  static const sq_param founding = {"hmc", "chains", SQ_PARAM_INT, "8", 1, 9, NULL, "", ""},
                        later = {"hmc", "planted", SQ_PARAM_INT, "8", 1, 9, NULL, "", ""},
                        another = {"planted", "chains", SQ_PARAM_INT, "8", 1, 9, NULL, "", ""},
                        part = {"hmc", "chain", SQ_PARAM_INT, "8", 1, 9, NULL, "", ""},
                        needed = {"hmc", "planted", SQ_PARAM_INT, NULL, 1, 9, NULL, "", ""},
                        said = {"hmc", "chains", SQ_PARAM_INT, "8", 1, 9, NULL, "", "", .later = true};
  tap_check(!sq_param_is_later(&founding), "a key of the first release always counts");
  tap_check(sq_param_is_later(&later) && sq_param_is_later(&another) && sq_param_is_later(&part), "others count where "
                                                                                                  "they are not at "
                                                                                                  "their default");
  tap_check(!sq_param_is_later(&needed), "what must be given always counts");
  tap_check(sq_param_is_later(&said), "a row may say that it came later");
}

int main(int argc, char **argv)
{
  plant();
  tap_begin(&argc, &argv);
  check_fingerprints();
  check_descriptions();
  check_keys();
  return tap_end();
}
