// SPDX-License-Identifier: Apache-2.0
// Build tool: reads a descriptor set of protoc and writes what protoc-c cannot give us.
//   strip IN OUT       the set without proto3_optional: protoc-c then makes a one-member oneof, which is real
//   presence methods IN OUT     the method table (C header), after the checks of descriptor_lint.c types IN
//   OUT NAME  table of all message descriptors and the set itself as bytes, as a C variable NAME
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "proto/descriptor_tool.h"

#define BODY_BYTES_DEFAULT 262144

_Noreturn void fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("descriptor_tool: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

struct input {
    uint8_t *data;
    size_t len;
};

static struct input input_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail("cannot read %s", path);
    long size = ftell(file);
    rewind(file);
    struct input input = {malloc(size > 0 ? (size_t)size : 1), size > 0 ? (size_t)size : 0};
    if (input.data == NULL || fread(input.data, 1, input.len, file) != input.len)
        fail("cannot read %s", path);
    fclose(file);
    return input;
}

static void message_strip(Google__Protobuf__DescriptorProto *message)
{
    for (size_t i = 0; i < message->n_field; i++)
        message->field[i]->has_proto3_optional = 0;
    for (size_t i = 0; i < message->n_nested_type; i++)
        message_strip(message->nested_type[i]);
}

static void write_stripped(Google__Protobuf__FileDescriptorSet *set, FILE *out)
{
    for (size_t i = 0; i < set->n_file; i++) {
        for (size_t m = 0; m < set->file[i]->n_message_type; m++)
            message_strip(set->file[i]->message_type[m]);
    }
    size_t size = google__protobuf__file_descriptor_set__get_packed_size(set);
    uint8_t *data = malloc(size);
    if (data == NULL)
        fail("out of memory");
    google__protobuf__file_descriptor_set__pack(set, data);
    fwrite(data, 1, size, out);
    free(data);
}

static void method_write(FILE *out, const char *service,
                         const Google__Protobuf__MethodDescriptorProto *method, bool is_prototype)
{
    struct policy policy = policy_read(service, method);
    const char *request = name_plain(method->input_type), *response = name_plain(method->output_type);
    char *snake = name_c_symbol(method->name), *req = name_c_type(request), *res = name_c_type(response);
    bool is_safe = method->options->idempotency_level ==
                   GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS;
    if (is_prototype)
        fprintf(out, "enum err rpc_%s(struct call *c, const %s *req,\n    %s *res);\n", snake, req, res);
    else
        fprintf(out,
                " \\\n    X(\"/%s/%s\", rpc_%s, %s, %s, \\\n      \"%s\", \"%s\", %d, %d, UINT64_C(0x%llx), "
                "%llu, %d)",
                service, method->name, snake, req, res, request, response, is_safe, (int)policy.audience,
                (unsigned long long)policy.roles,
                (unsigned long long)(policy.max_bytes != 0 ? policy.max_bytes : BODY_BYTES_DEFAULT),
                policy.is_idempotent);
    free(snake);
    free(req);
    free(res);
}

static void methods_each(const Google__Protobuf__FileDescriptorSet *set, FILE *out, bool is_prototype)
{
    for (size_t i = 0; i < set->n_file; i++) {
        const Google__Protobuf__FileDescriptorProto *file = set->file[i];
        for (size_t s = 0; s < file->n_service; s++) {
            char service[256];
            snprintf(service, sizeof service, "%s.%s", file->package, file->service[s]->name);
            for (size_t m = 0; m < file->service[s]->n_method; m++)
                method_write(out, service, file->service[s]->method[m], is_prototype);
        }
    }
}

static void write_methods(const Google__Protobuf__FileDescriptorSet *set, FILE *out)
{
    lint_no_recursion(set);
    fputs("// Written by proto/descriptor_tool.c. One row a method:\n"
          "// X(path, handler, RequestType, ResponseType, request name, response name, has no side effects,\n"
          "//   audience, roles (bit 1 << Role), most body bytes, is idempotent by operation_id)\n"
          "#pragma once\n\n#include <stdint.h>\n\n#include \"server/base/call.h\"\n",
          out);
    for (size_t i = 0; i < set->n_file; i++) {
        const char *name = set->file[i]->name;
        if (strncmp(name, "google/", 7) != 0)
            fprintf(out, "#include \"%.*s.pb-c.h\"\n", (int)(strlen(name) - strlen(".proto")), name);
    }
    fputs("\n#define RPC_METHODS(X)", out);
    methods_each(set, out, false);
    fputs("\n\n", out);
    methods_each(set, out, true);
}

static void type_write(FILE *out, const char *scope, const Google__Protobuf__DescriptorProto *message,
                       bool is_prototype)
{
    char name[512];
    snprintf(name, sizeof name, "%s.%s", scope, message->name);
    char *symbol = name_c_symbol(name);
    if (is_prototype)
        fprintf(out, "extern const ProtobufCMessageDescriptor %s__descriptor;\n", symbol);
    else
        fprintf(out, "    &%s__descriptor,\n", symbol);
    free(symbol);
    for (size_t i = 0; i < message->n_nested_type; i++)
        type_write(out, name, message->nested_type[i], is_prototype);
}

static void types_each(const Google__Protobuf__FileDescriptorSet *set, FILE *out, bool is_prototype)
{
    for (size_t i = 0; i < set->n_file; i++) {
        if (strcmp(set->file[i]->name, "google/protobuf/descriptor.proto") == 0)
            continue; // proto2, and no message of ours holds one
        for (size_t m = 0; m < set->file[i]->n_message_type; m++)
            type_write(out, set->file[i]->package, set->file[i]->message_type[m], is_prototype);
    }
}

static void write_types(const Google__Protobuf__FileDescriptorSet *set, const struct input *input, FILE *out,
                        const char *variable)
{
    fputs("// Written by proto/descriptor_tool.c.\n#include \"server/codec/registry.h\"\n\n", out);
    types_each(set, out, true);
    fputs("\nstatic const ProtobufCMessageDescriptor *const types[] = {\n", out);
    types_each(set, out, false);
    fputs("};\n\nstatic const uint8_t set[] = {", out);
    for (size_t i = 0; i < input->len; i++)
        fprintf(out, "%s%d,", i % 24 == 0 ? "\n    " : "", input->data[i]);
    fprintf(out, "\n};\n\nconst struct codec_types %s = {types, %s, set, sizeof set};\n", variable,
            "sizeof types / sizeof types[0]");
}

int main(int argc, char **argv)
{
    if (argc < 4)
        fail("usage: descriptor_tool strip|methods|types IN OUT [NAME]");
    struct input input = input_read(argv[2]);
    Google__Protobuf__FileDescriptorSet *set =
        google__protobuf__file_descriptor_set__unpack(NULL, input.len, input.data);
    FILE *out = fopen(argv[3], "wb");
    if (set == NULL || out == NULL)
        fail("cannot read %s or write %s", argv[2], argv[3]);

    if (strcmp(argv[1], "strip") == 0)
        write_stripped(set, out);
    else if (strcmp(argv[1], "methods") == 0)
        write_methods(set, out);
    else if (strcmp(argv[1], "types") == 0 && argc == 5)
        write_types(set, &input, out, argv[4]);
    else
        fail("no such command: %s", argv[1]);

    if (fclose(out) != 0)
        fail("cannot write %s", argv[3]);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    free(input.data);
    return 0;
}
