/* Finds the function of a contract and runs it. */
#include "contract/rules.h"
#include <string.h>

static const lv_contract_function *functions_of(const lv_channel *channel)
{
    if (strcmp(channel->contract, "quality") == 0) {
        return lv_quality_functions;
    }
    return strcmp(channel->contract, "xor") == 0 ? lv_xor_functions : NULL;
}

static const lv_contract_function *find_function(const lv_channel *channel, const char *name)
{
    const lv_contract_function *function = functions_of(channel);
    while (function != NULL && function->name != NULL) {
        if (strcmp(function->name, name) == 0) {
            return function;
        }
        function++;
    }
    return NULL;
}

lv_status lv_contract_writes(const lv_channel *channel, const char *function, bool *writes)
{
    const lv_contract_function *found = find_function(channel, function);
    *writes = found != NULL && found->writes;
    return found != NULL ? LV_OK : LV_NOT_FOUND;
}

lv_status lv_contract_expect(const lv_channel *channel, const char *function, bool writes,
                             lv_error *err)
{
    bool found_writes = false;
    lv_status status = lv_contract_writes(channel, function, &found_writes);
    if (status == LV_OK && found_writes == writes) {
        return LV_OK;
    }
    return lv_fail(err, status != LV_OK ? status : LV_E_ARGUMENT,
                   "the contract %s has no %s function of this name", channel->contract,
                   writes ? "writing" : "reading");
}

lv_status lv_contract_fault(const lv_channel *channel, const lv_call *calls, size_t count, size_t i,
                            lv_status status, lv_error *err)
{
    if (status != LV_OK) {
        lv_error_prefix(err, "channel %s: call %zu of %zu (%s): ", channel->channel, i + 1, count,
                        calls[i].function != NULL ? calls[i].function : "");
    }
    return status;
}

static lv_status check_call(const lv_channel *channel, const lv_contract_function *function,
                            const lv_call *call, lv_error *err)
{
    if (call->submitter == NULL && function->writes) {
        return lv_fail(err, LV_E_ARGUMENT, "channel %s: function %s: without a submitter",
                       channel->channel, function->name);
    }
    if (call->submitter != NULL && lv_channel_role(channel, call->submitter) == NULL) {
        return lv_fail(err, LV_REFUSED, "channel %s: %s is no member", channel->channel,
                       call->submitter);
    }
    if (call->argument_count < function->arguments_min ||
        call->argument_count > function->arguments_max) {
        return lv_fail(err, LV_INVALID,
                       "channel %s: function %s: takes %zu to %zu arguments, not %zu",
                       channel->channel, function->name, function->arguments_min,
                       function->arguments_max, call->argument_count);
    }
    return LV_OK;
}

lv_status lv_contract_invoke(const lv_channel *channel, const lv_state *state, const lv_call *call,
                             lv_buffer *response, lv_error *err)
{
    if (err != NULL) {
        err->text[0] = '\0'; /* words from below are prefixed, and not every fault has some */
    }
    const lv_contract_function *function = find_function(channel, call->function);
    if (function == NULL) {
        return lv_fail(err, LV_NOT_FOUND, "channel %s: contract %s has no such function",
                       channel->channel, channel->contract);
    }
    lv_status status = check_call(channel, function, call, err);
    if (status != LV_OK) {
        return status;
    }
    const lv_run run = {
        .channel = channel, .state = state, .call = call, .response = response, .err = err};
    return function->run(&run);
}
