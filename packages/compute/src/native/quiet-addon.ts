/**
 * A small addon, compiled with the binding: `mute()` sends what the process writes to stderr nowhere, `unmute()` puts it back.
 * TensorFlow since 2.10 writes two lines there while its library loads, before any of its settings are read.
 */
export const QUIET_ADDON = `#include <fcntl.h>
#include <unistd.h>
#include <node_api.h>

static int saved = -1;

static napi_value Mute(napi_env, napi_callback_info) {
  int nowhere = saved == -1 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
  if (nowhere == -1) return nullptr;
  saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (saved != -1) dup2(nowhere, 2);
  close(nowhere);
  return nullptr;
}

static napi_value Unmute(napi_env, napi_callback_info) {
  if (saved == -1) return nullptr;
  dup2(saved, 2);
  close(saved);
  saved = -1;
  return nullptr;
}

static napi_value Init(napi_env env, napi_value exports) {
  napi_property_descriptor both[] = {
      {"mute", nullptr, Mute, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"unmute", nullptr, Unmute, nullptr, nullptr, nullptr, napi_default, nullptr}};
  napi_define_properties(env, exports, 2, both);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
`;

/** Beside the binding. */
export const QUIET = "quiet.node";
