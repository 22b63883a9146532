/* SPDX-License-Identifier: BSD-3-Clause */
/* Bessel functions of densities of angles, by polynomials: our own Chebyshev fits, in powers of z from -1 to 1.
 *
 * Below kappa = 8: I_0 and I_1/kappa in kappa^2 = 32 (1 + z). From there: sqrt(2 pi kappa) e^{-kappa} I_0 and I_1/I_0
 * in 8/kappa = (1 + z)/2.
 */
#include "squall/circle.h"
#include "squall/base.h"

static const double SMALL_0[] = {
  0x1.89ab1e79fc6a7p+5,  0x1.f8c62327da1e3p+6,  0x1.0b7995b005e2fp+7,  0x1.3c6611f51af46p+6,  0x1.dd563dcb7921dp+4,
  0x1.f17946c8c6061p+2,  0x1.7a643dd8057a5p+0,  0x1.b5892bf02e1d3p-3,  0x1.8cd44af22f080p-6,  0x1.21780856b2d0cp-9,
  0x1.5aaf0628921d0p-13, 0x1.5ab4affbde304p-17, 0x1.25bbf18e3086ep-21, 0x1.ad07db427884bp-26, 0x1.0df85ba57b5cap-30};
static const double SMALL_1[] = {
  0x1.f8c62327da1e1p+2,  0x1.0b7995b005e2fp+4,  0x1.da991aefa8763p+3,  0x1.dd563dcb7920dp+2,  0x1.36ebcc3d799eep+1,
  0x1.1bcb2e620462ep-1,  0x1.7ed80673f1c15p-4,  0x1.8cd44af1eb50bp-7,  0x1.45a707fa255a5p-10, 0x1.b15ac7f0c9507p-14,
  0x1.dcbab1006bf92p-18, 0x1.b899b4290f9d7p-22, 0x1.5ad1559509305p-26, 0x1.d896bddd0b1fdp-31, 0x1.16cca7fb87136p-35};
static const double LARGE_0[] = {
  0x1.02134d0ead7f5p+0,   0x1.1406bc8ddfce3p-7,   0x1.66076ca8a0ac7p-12,  0x1.d49ca3279b06ap-16, 0x1.f337856a84b3ep-19,
  0x1.902a79a0b2e05p-21,  0x1.dd8a4f71fa20cp-23,  0x1.a7887e3ff1ab2p-24,  0x1.d1856e6706109p-25, 0x1.41c84a72aa997p-26,
  -0x1.31cc5b1a57865p-26, -0x1.1a8f2eaa04736p-25, -0x1.72d6fbe25e77dp-27, 0x1.29f6abf8f5bbdp-26, 0x1.bf2b126e5b1acp-27,
  -0x1.bef55cbb6565cp-28, -0x1.f9593138593b3p-28, 0x1.d20226985fc70p-30,  0x1.4f67d8b59783dp-29, -0x1.eef92e3ec2590p-33,
  -0x1.98957fb610a33p-32};
static const double LARGE_RATIO[] = {0x1.efbb8c61496ffp-1,   -0x1.08de169cdb2a3p-5,  -0x1.3c16cdab710b3p-11,
                                     -0x1.9496d51802b4ep-15, -0x1.bd0c42f5b18e0p-18, -0x1.70eecfeed85a0p-20,
                                     -0x1.c415576ab2d19p-22, -0x1.9829cf3a6d337p-23, -0x1.c3f452c9f5128p-24,
                                     -0x1.34d1169f8b122p-25, 0x1.32f6f5a67a02ep-25,  0x1.16b489edfc0f5p-24,
                                     0x1.64c4b69703096p-26,  -0x1.28de4600414d8p-25, -0x1.b61ad2d22bed0p-26,
                                     0x1.c0a308d7d5e19p-27,  0x1.f16d0dc6946bcp-27,  -0x1.d65d4da26974fp-29,
                                     -0x1.4ad02c1cbb524p-28, 0x1.f58d45d018a97p-32,  0x1.9365142e83403p-31};

#define TERMS(table) (sizeof(table) / sizeof *(table))

SQ_CIRCLE_INLINE double polynomial(size_t terms, const double *coefficient, double z)
{
  double sum = coefficient[terms - 1];
#pragma GCC unroll 32
  for (size_t i = terms - 1; i > 0; i--) sum = coefficient[i - 1] + z * sum;
  return sum;
}

SQ_VECTORS void sq_circle_bessel(int64_t n, const double *kappa, double *log_I0, double *ratio)
{
  const double edge = 8, turn = 0x1.921fb54442d18p+2;
  SQ_INDEPENDENT
  for (int64_t i = 0; i < n; i++) {
    const double x = kappa[i] < edge ? kappa[i] : edge, z = x * x / 32 - 1,
                 small = polynomial(TERMS(SMALL_0), SMALL_0, z);
    const double y = kappa[i] < edge ? edge : kappa[i], t = 2 * edge / y - 1,
                 large = polynomial(TERMS(LARGE_0), LARGE_0, t);
    const bool below = kappa[i] < edge;
    const double size = below ? small * small : large * large / (turn * y); /* its root would cost more */
    log_I0[i] = 0.5 * sq_logarithm(size) - (below ? x : 0 * y);
    if (ratio)
      ratio[i] = below ? x * polynomial(TERMS(SMALL_1), SMALL_1, z) / small :
                         polynomial(TERMS(LARGE_RATIO), LARGE_RATIO, t);
  }
}
