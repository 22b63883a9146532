/* Conditioning on the noise level (two dense layers) and the optimiser: small, once per field or per step. */
#include "squall/nn.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

void sq_nn_features(double t, float feature[SQ_NN_WAVES])
{
  for (int k = 0; k < SQ_NN_WAVES; k++) feature[k] = (float)cos(M_PI * k * t);
}

static float silu(float x)
{
  return x / (1 + expf(-x));
}

void sq_nn_dense(int width, int outputs, const float *feature, const float *w1, const float *b1, const float *w2,
                 const float *b2, float *hidden, float *out)
{
  float gated[width];
  memcpy(hidden, b1, (size_t)width * sizeof *hidden);
  cblas_sgemv(CblasRowMajor, CblasNoTrans, width, SQ_NN_WAVES, 1, w1, SQ_NN_WAVES, feature, 1, 1, hidden, 1);
  for (int i = 0; i < width; i++) gated[i] = silu(hidden[i]);
  memcpy(out, b2, (size_t)outputs * sizeof *out);
  cblas_sgemv(CblasRowMajor, CblasNoTrans, outputs, width, 1, w2, width, gated, 1, 1, out, 1);
}

void sq_nn_dense_backward(int width, int outputs, const float *feature, const float *hidden, const float *w2,
                          const float *dout, float *dw1, float *db1, float *dw2, float *db2, float *dhidden)
{
  float gated[width];
  for (int i = 0; i < width; i++) gated[i] = silu(hidden[i]);
  cblas_saxpy(outputs, 1, dout, 1, db2, 1);
  cblas_sger(CblasRowMajor, outputs, width, 1, dout, 1, gated, 1, dw2, width);
  cblas_sgemv(CblasRowMajor, CblasTrans, outputs, width, 1, w2, width, dout, 1, 0, dhidden, 1);
  for (int i = 0; i < width; i++) {
    float gate = 1 / (1 + expf(-hidden[i]));
    dhidden[i] *= gate * (1 + hidden[i] * (1 - gate));
  }
  cblas_saxpy(width, 1, dhidden, 1, db1, 1);
  cblas_sger(CblasRowMajor, width, SQ_NN_WAVES, 1, dhidden, 1, feature, 1, dw1, SQ_NN_WAVES);
}

double sq_adam_step(const sq_adam *adam, int64_t count, int64_t step, double *parameter, double *first, double *second,
                    const double *gradient)
{
  double norm2 = 0;
  for (int64_t i = 0; i < count; i++) norm2 += gradient[i] * gradient[i];
  double norm = sqrt(norm2), scale = adam->clip > 0 && norm > adam->clip ? adam->clip / norm : 1;
  double bias1 = 1 - pow(adam->beta1, (double)step), bias2 = 1 - pow(adam->beta2, (double)step);
  for (int64_t i = 0; i < count; i++) {
    double g = scale * gradient[i];
    first[i] = adam->beta1 * first[i] + (1 - adam->beta1) * g;
    second[i] = adam->beta2 * second[i] + (1 - adam->beta2) * g * g;
    parameter[i] -= adam->learning_rate * (first[i] / bias1) / (sqrt(second[i] / bias2) + adam->epsilon);
  }
  return norm;
}

void sq_average(int64_t count, double decay, const double *parameter, double *average)
{
  for (int64_t i = 0; i < count; i++) average[i] = decay * average[i] + (1 - decay) * parameter[i];
}
