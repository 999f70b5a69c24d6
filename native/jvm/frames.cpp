/// Messages to and from Java's arrays: the JNI side of org.multiprocessing4j.bindings.Frames. By hand, since JavaCPP
/// copies an array as a whole before and after each call. Nothing is pinned: a call may block for ever.
#include <jni.h>

#include <array>
#include <memory>
#include <span>

#include "../bindings_connection.hpp"

namespace {

using namespace multiprocessing;
using namespace multiprocessing::bindings;

/// Larger messages pass through a buffer of the thread's, piece by piece. A pipe takes no more at once.
constexpr std::size_t piece_size = 64 << 10;
constexpr std::size_t small_size = 2 << 10;

/// An array of that size is made before its message has come: above that, a peer has to send what it announced.
constexpr std::uint64_t trusted_size = 16 << 20;

/// What an array can hold in any JVM.
constexpr std::uint64_t largest_array = 0x7fffffff - 8;

std::span<std::byte> large_buffer() {
    thread_local const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece_size);
    return {buffer.get(), piece_size};
}

jbyte* java_bytes(std::byte* bytes) {
    return reinterpret_cast<jbyte*>(bytes);
}

/// What receive() answers with null for.
thread_local jint failure;

void send(JNIEnv* env, FrameWriter& writer, jbyteArray data, jint offset, jint length) {
    std::array<std::byte, small_size> small;
    const auto size = static_cast<std::size_t>(length);
    const auto buffer = size <= small.size() ? std::span<std::byte>(small) : large_buffer();
    std::size_t done = 0;
    do {
        const auto piece = buffer.first(std::min(buffer.size(), size - done));
        env->GetByteArrayRegion(data, offset + static_cast<jint>(done), static_cast<jint>(piece.size()),
                                java_bytes(piece.data()));
        writer.write(piece);
        done += piece.size();
    } while (done < size);
}

/// Reads into an array what there is left of a message.
void fill(JNIEnv* env, FrameReader& reader, jbyteArray array, jint offset) {
    std::array<std::byte, small_size> small;
    const auto size = static_cast<std::size_t>(reader.size());
    const auto buffer = size <= small.size() ? std::span<std::byte>(small) : large_buffer();
    for (std::size_t done = 0; done < size;) {
        const auto piece = buffer.first(std::min(buffer.size(), size - done));
        reader.read(piece);
        env->SetByteArrayRegion(array, offset + static_cast<jint>(done), static_cast<jint>(piece.size()),
                                java_bytes(piece.data()));
        done += piece.size();
    }
}

/// @return null with an OutOfMemoryError pending if there is no room for it
/// @throws OSError EMSGSIZE
jbyteArray whole(JNIEnv* env, FrameReader& reader, jint maxlength) {
    const auto most = maxlength < 0 ? largest_array : static_cast<std::uint64_t>(maxlength);
    if (reader.size() > most) throw OSError(EMSGSIZE, "read", "bad message length");
    const auto size = static_cast<jsize>(reader.size());
    if (reader.size() <= trusted_size) {
        const auto array = env->NewByteArray(size);
        if (array != nullptr) fill(env, reader, array, 0);
        return array;
    }
    auto message = reader.read_all();
    const auto array = env->NewByteArray(size);
    if (array != nullptr) env->SetByteArrayRegion(array, 0, size, java_bytes(message.data()));
    return array;
}

/// Calls `body`, whose answer is an array. @return null and the reason in `failure` when it throws
template <typename Body>
jbyteArray array_or_failure(Body&& body) noexcept {
    jbyteArray array = nullptr;
    failure = guarded_connection("read", [&] {
        array = body();
        return 0;
    });
    return failure == 0 ? array : nullptr;
}

}  // namespace

extern "C" {

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Frames_send(JNIEnv* env, jclass, jint fd, jint kind,
                                                                        jbyteArray data, jint offset, jint length,
                                                                        jintArray descriptors) {
    return guarded_connection("write", [=] {
        std::vector<int> fds;
        if (descriptors != nullptr) {
            fds.resize(static_cast<std::size_t>(env->GetArrayLength(descriptors)));
            env->GetIntArrayRegion(descriptors, 0, static_cast<jsize>(fds.size()), fds.data());
        }
        FrameWriter writer(channel(fd, kind), static_cast<std::uint64_t>(length), fds);
        send(env, writer, data, offset, length);
        return 0;
    });
}

JNIEXPORT jbyteArray JNICALL Java_org_multiprocessing4j_bindings_Frames_receive(JNIEnv* env, jclass, jint fd, jint kind,
                                                                                 jint maxlength, jboolean keep) {
    return array_or_failure([=] {
        came_along.clear();
        FrameReader reader(channel(fd, kind), keep == JNI_TRUE ? &came_along : nullptr);
        return whole(env, reader, maxlength);
    });
}

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Frames_failure(JNIEnv*, jclass) {
    return failure;
}

JNIEXPORT jint JNICALL Java_org_multiprocessing4j_bindings_Frames_receive_1into(JNIEnv* env, jclass, jint fd, jint kind,
                                                                                 jbyteArray buffer, jint offset,
                                                                                 jint capacity) {
    return guarded_connection("read", [=]() -> jint {
        FrameReader reader(channel(fd, kind));
        if (reader.size() > static_cast<std::uint64_t>(capacity)) {
            rest_to_receive = reader.size();
            return -ENOBUFS;
        }
        fill(env, reader, buffer, offset);
        return static_cast<jint>(reader.size());
    });
}

JNIEXPORT jbyteArray JNICALL Java_org_multiprocessing4j_bindings_Frames_receive_1rest(JNIEnv* env, jclass, jint fd,
                                                                                       jint kind, jint maxlength) {
    return array_or_failure([=] {
        auto reader = FrameReader::rest(channel(fd, kind), rest_to_receive);
        return whole(env, reader, maxlength);
    });
}

JNIEXPORT jlong JNICALL Java_org_multiprocessing4j_bindings_Frames_address(JNIEnv* env, jclass, jobject buffer) {
    return reinterpret_cast<jlong>(env->GetDirectBufferAddress(buffer));
}

}  // extern "C"
