//! Messages of sentencepiece. Written by `tools/knowledge/protobuf_schema.py`; the self test, which the Python module leaves out, was
//! added by hand.

use crate::protobuf::Kind::{Bytes, Fixed32, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

pub(super) static TRAINER_SPEC: Message = message(
    "TrainerSpec",
    &[
        many(1, "input", Text),
        one(2, "model_prefix", Text),
        one(3, "model_type", Int),
        one(4, "vocab_size", Int),
        many(5, "accept_language", Text),
        one(6, "self_test_sample_size", Int),
        one(7, "input_format", Text),
        one(10, "character_coverage", Fixed32),
        one(11, "input_sentence_size", Int),
        one(12, "mining_sentence_size", Int),
        one(13, "training_sentence_size", Int),
        one(14, "seed_sentencepiece_size", Int),
        one(15, "shrinking_factor", Fixed32),
        one(16, "num_threads", Int),
        one(17, "num_sub_iterations", Int),
        one(18, "max_sentence_length", Int),
        one(19, "shuffle_input_sentence", Int),
        one(20, "max_sentencepiece_length", Int),
        one(21, "split_by_unicode_script", Int),
        one(22, "split_by_whitespace", Int),
        one(23, "split_by_number", Int),
        one(24, "treat_whitespace_as_suffix", Int),
        one(25, "split_digits", Int),
        one(26, "allow_whitespace_only_pieces", Int),
        many(30, "control_symbols", Text),
        many(31, "user_defined_symbols", Text),
        one(32, "vocabulary_output_piece_score", Int),
        one(33, "hard_vocab_limit", Int),
        one(34, "use_all_vocab", Int),
        one(35, "byte_fallback", Int),
        one(36, "required_chars", Text),
        one(40, "unk_id", Int),
        one(41, "bos_id", Int),
        one(42, "eos_id", Int),
        one(43, "pad_id", Int),
        one(44, "unk_surface", Text),
        one(45, "unk_piece", Text),
        one(46, "bos_piece", Text),
        one(47, "eos_piece", Text),
        one(48, "pad_piece", Text),
        one(49, "train_extremely_large_corpus", Int),
        one(50, "enable_differential_privacy", Int),
        one(51, "differential_privacy_noise_level", Fixed32),
        one(52, "differential_privacy_clipping_threshold", Int),
        one(53, "pretokenization_delimiter", Text),
        one(54, "seed_sentencepieces_file", Text),
        one(55, "auto_character_coverage", Int),
    ],
);

pub(super) static NORMALIZER_SPEC: Message = message(
    "NormalizerSpec",
    &[
        one(1, "name", Text),
        one(2, "precompiled_charsmap", Bytes),
        one(3, "add_dummy_prefix", Int),
        one(4, "remove_extra_whitespaces", Int),
        one(5, "escape_whitespaces", Int),
        one(6, "normalization_rule_tsv", Text),
    ],
);

pub(super) static MODEL_PROTO: Message = message(
    "ModelProto",
    &[
        many(1, "pieces", Of(&MODEL_PROTO_SENTENCE_PIECE)),
        one(2, "trainer_spec", Of(&TRAINER_SPEC)),
        one(3, "normalizer_spec", Of(&NORMALIZER_SPEC)),
        one(4, "self_test_data", Of(&SELF_TEST_DATA)),
        one(5, "denormalizer_spec", Of(&NORMALIZER_SPEC)),
    ],
);

pub(super) static MODEL_PROTO_SENTENCE_PIECE: Message = message(
    "ModelProto.SentencePiece",
    &[one(1, "piece", Text), one(2, "score", Fixed32), one(3, "type", Int)],
);

pub(super) static SELF_TEST_DATA: Message =
    message("SelfTestData", &[many(1, "samples", Of(&SELF_TEST_DATA_SAMPLE))]);

pub(super) static SELF_TEST_DATA_SAMPLE: Message =
    message("SelfTestData.Sample", &[one(1, "input", Text), one(2, "expected", Text)]);
