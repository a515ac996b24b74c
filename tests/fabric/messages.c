/** What tests/fabric/test_messages.py has done by Lotveil's own code. Every command works on files
 * of one folder and prints what it read, a field a line; a refusal ends it with 1 and its words.
 *      organisation FOLDER MSP             MSP-ca.pem; MSP-client.pem, MSP-peer.pem and their
 * -key.pem propose FOLDER MSP CHANNEL CHAINCODE RECORD   proposal, and its parts; RECORD rides
 * beside parse FOLDER                        prints what stands in `proposal` check FOLDER
 * CHAINCODE RECORD MSP...   `envelope` against the parts; prints the answer sign FOLDER MSP
 * `envelope` to `signed` block FOLDER CHAINCODE              prints what stands in `block` */
#include "base/file.h"
#include "base/hex.h"
#include "fabric/block.h"
#include "fabric/calls.h"
#include "fabric/creator.h"
#include "fabric/endorse.h"
#include "fabric/envelope.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void must(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        printf("%s %s\n", lv_status_name(status), err->text);
        exit(1);
    }
}

static void path_of(const char *prefix, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s%s", folder, prefix, name);
}

static void put(const char *prefix, const char *name, lv_bytes bytes)
{
    char path[512];
    lv_error err = {0};
    path_of(prefix, name, path);
    must(lv_file_write(path, bytes, 0600, &err), &err);
}

static lv_buffer get(const char *prefix, const char *name)
{
    char path[512];
    lv_buffer out = {0};
    lv_error err = {0};
    path_of(prefix, name, path);
    must(lv_file_read(path, LV_FABRIC_MESSAGE_MAX, &out, &err), &err);
    return out;
}

static lv_identity *load(const char *msp)
{
    lv_identity *identity = NULL;
    lv_error err = {0};
    lv_buffer certificate = get(msp, "-client.pem");
    lv_buffer key = get(msp, "-client-key.pem");
    must(lv_identity_load(msp, lv_buffer_view(&certificate), lv_buffer_view(&key), &identity, &err),
         &err);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return identity;
}

static void show_bytes(const char *what, lv_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL) {
        exit(1);
    }
    lv_hex_encode(bytes, text);
    printf("%s %s\n", what, text);
    free(text);
}

/* ---- commands ---- */

static int organisation(int count, char **words)
{
    (void)count;
    const char *msp = words[0];
    const lv_organisation_params client = {.msp_id = msp, .days = 2};
    const lv_organisation_params peer = {.msp_id = msp, .days = 2, .unit = "peer"};
    lv_organisation made;
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    lv_error err = {0};
    must(lv_organisation_create(&client, &made, &err), &err);
    must(lv_organisation_issue(&peer, lv_buffer_view(&made.ca_certificate),
                               lv_buffer_view(&made.ca_key), &certificate, &key, &err),
         &err);
    put(msp, "-ca.pem", lv_buffer_view(&made.ca_certificate));
    put(msp, "-client.pem", lv_buffer_view(&made.certificate));
    put(msp, "-client-key.pem", lv_buffer_view(&made.key));
    put(msp, "-peer.pem", lv_buffer_view(&certificate));
    put(msp, "-peer-key.pem", lv_buffer_view(&key));
    lv_organisation_wipe(&made);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return 0;
}

static int propose(int count, char **words)
{
    (void)count;
    lv_identity *identity = load(words[0]);
    const lv_bytes arguments[] = {lv_bytes_of_text("submit"), lv_bytes_of_text("calls"), {0}};
    const lv_transient beside[] = {{.key = "record", .value = lv_bytes_of_text(words[3])},
                                   {.key = "nothing"}};
    const lv_proposal_input input = {.channel = words[1],
                                     .chaincode = words[2],
                                     .arguments = arguments,
                                     .argument_count = 3,
                                     .transients = beside,
                                     .transient_count = 2};
    lv_proposal made;
    lv_error err = {0};
    must(lv_proposal_make(identity, &input, &made, &err), &err);
    lv_buffer proposal = endorse_proposal(&made);
    put("", "proposal", lv_buffer_view(&proposal));
    put("", "channel_header", lv_buffer_view(&made.channel_header));
    put("", "signature_header", lv_buffer_view(&made.signature_header));
    put("", "payload", lv_buffer_view(&made.payload));
    put("", "hash", lv_digest_view(&made.hash));
    printf("txid %s\n", made.txid);
    lv_buffer_free(&proposal);
    lv_proposal_free(&made);
    lv_identity_free(identity);
    return 0;
}

static int parse(int count, char **words)
{
    (void)count;
    (void)words;
    lv_proposal_read read;
    lv_error err = {0};
    lv_buffer bytes = get("", "proposal");
    must(lv_proposal_parse(lv_buffer_view(&bytes), &read, &err), &err);
    printf("channel %s\nchaincode %s\ntxid %s\ntime %lld\n", read.channel, read.chaincode,
           read.txid, (long long)read.time);
    show_bytes("creator", lv_buffer_view(&read.creator));
    for (size_t i = 0; i < read.argument_count; i++) {
        show_bytes("argument", lv_buffer_view(&read.arguments[i]));
    }
    for (size_t i = 0; i < read.transient_count; i++) {
        show_bytes(read.transients[i].key, lv_buffer_view(&read.transients[i].value));
    }
    lv_proposal_read_free(&read);
    lv_buffer_free(&bytes);
    return 0;
}

static int check(int count, char **words)
{
    const lv_bytes record = lv_bytes_of_text(words[1]);
    lv_channel members = {0};
    lv_proposal proposal = {0};
    lv_buffer answer = {0};
    lv_error err = {0};
    lv_buffer envelope = get("", "envelope");
    lv_buffer hash = get("", "hash");
    must(lv_trust_new(&members.trust), &err);
    for (int i = 2; i < count; i++) {
        lv_buffer root = get(words[i], "-ca.pem");
        must(lv_trust_add(members.trust, words[i], lv_buffer_view(&root), &err), &err);
        lv_buffer_free(&root);
    }
    proposal.channel_header = get("", "channel_header");
    proposal.signature_header = get("", "signature_header");
    proposal.payload = get("", "payload");
    memcpy(proposal.hash.bytes, hash.data, LV_DIGEST_LEN);
    must(lv_envelope_check(lv_buffer_view(&envelope), &proposal, &members, words[0], &record, 1,
                           &answer, &err),
         &err);
    show_bytes("answer", lv_buffer_view(&answer));
    lv_proposal_free(&proposal);
    lv_trust_free(members.trust);
    lv_buffer_free(&answer);
    lv_buffer_free(&envelope);
    lv_buffer_free(&hash);
    return 0;
}

static int sign(int count, char **words)
{
    (void)count;
    lv_identity *identity = load(words[0]);
    lv_buffer out = {0};
    lv_error err = {0};
    lv_buffer envelope = get("", "envelope");
    must(lv_envelope_sign(lv_buffer_view(&envelope), identity, &out, &err), &err);
    put("", "signed", lv_buffer_view(&out));
    lv_buffer_free(&out);
    lv_buffer_free(&envelope);
    lv_identity_free(identity);
    return 0;
}

static void show_transaction(const lv_fabric_block_transaction *transaction)
{
    printf("transaction %s\n", transaction->txid);
    printf("code %s\n", lv_validation_name(transaction->code));
    if (!transaction->ours) {
        return;
    }
    printf("submitter %s\ntime %lld\n", transaction->submitter, (long long)transaction->time);
    for (size_t i = 0; i < transaction->argument_count; i++) {
        show_bytes("argument", lv_buffer_view(&transaction->arguments[i]));
    }
    for (size_t i = 0; i < transaction->write_count; i++) {
        printf("%s %s\n", transaction->writes[i].deleted ? "delete" : "write",
               transaction->writes[i].key);
        show_bytes("value", lv_buffer_view(&transaction->writes[i].value));
    }
}

static int block(int count, char **words)
{
    (void)count;
    lv_fabric_block read;
    lv_error err = {0};
    lv_buffer bytes = get("", "block");
    must(lv_fabric_block_parse(lv_buffer_view(&bytes), words[0], &read, &err), &err);
    printf("number %llu\n", (unsigned long long)read.number);
    show_bytes("hash", lv_digest_view(&read.hash));
    show_bytes("previous", lv_digest_view(&read.previous));
    for (size_t i = 0; i < read.transaction_count; i++) {
        show_transaction(&read.transactions[i]);
    }
    lv_fabric_block_free(&read);
    lv_buffer_free(&bytes);
    return 0;
}

int main(int count, char **words)
{
    static const struct {
        const char *name;
        int (*run)(int count, char **words);
        int least; /* words after the folder */
    } commands[] = {
        {"organisation", organisation, 1},
        {"propose", propose, 4},
        {"parse", parse, 0},
        {"check", check, 3},
        {"sign", sign, 1},
        {"block", block, 1},
    };
    for (size_t i = 0; count >= 3 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(words[1], commands[i].name) == 0 && count - 3 >= commands[i].least) {
            folder = words[2];
            return commands[i].run(count - 3, words + 3);
        }
    }
    fprintf(stderr, "usage: see the head of messages.c\n");
    return 2;
}
