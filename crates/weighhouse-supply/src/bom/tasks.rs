//! What goes into a model and what comes out, by the task it is for.

/// Tasks of Hubs, with the kinds of data they take and give.
const TASKS: &[(&str, &[&str], &[&str])] = &[
    ("any-to-any", &["text", "image", "audio", "video"], &["text", "image", "audio", "video"]),
    ("audio-classification", &["audio"], &["label"]),
    ("audio-to-audio", &["audio"], &["audio"]),
    ("audio-text-to-text", &["audio", "text"], &["text"]),
    ("automatic-speech-recognition", &["audio"], &["text"]),
    ("depth-estimation", &["image"], &["image"]),
    ("document-question-answering", &["image", "text"], &["text"]),
    ("feature-extraction", &["text"], &["vector"]),
    ("fill-mask", &["text"], &["text"]),
    ("image-classification", &["image"], &["label"]),
    ("image-feature-extraction", &["image"], &["vector"]),
    ("image-segmentation", &["image"], &["image"]),
    ("image-text-to-text", &["image", "text"], &["text"]),
    ("image-to-image", &["image"], &["image"]),
    ("image-to-text", &["image"], &["text"]),
    ("image-to-video", &["image"], &["video"]),
    ("object-detection", &["image"], &["boxes", "label"]),
    ("question-answering", &["text"], &["text"]),
    ("sentence-similarity", &["text"], &["vector"]),
    ("summarization", &["text"], &["text"]),
    ("table-question-answering", &["table", "text"], &["text"]),
    ("tabular-classification", &["table"], &["label"]),
    ("tabular-regression", &["table"], &["number"]),
    ("text-classification", &["text"], &["label"]),
    ("text-generation", &["text"], &["text"]),
    ("text-ranking", &["text"], &["number"]),
    ("text-to-audio", &["text"], &["audio"]),
    ("text-to-image", &["text"], &["image"]),
    ("text-to-speech", &["text"], &["audio"]),
    ("text-to-video", &["text"], &["video"]),
    ("text2text-generation", &["text"], &["text"]),
    ("time-series-forecasting", &["table"], &["table"]),
    ("token-classification", &["text"], &["label"]),
    ("translation", &["text"], &["text"]),
    ("video-classification", &["video"], &["label"]),
    ("video-text-to-text", &["video", "text"], &["text"]),
    ("visual-question-answering", &["image", "text"], &["text"]),
    ("voice-activity-detection", &["audio"], &["label"]),
    ("zero-shot-classification", &["text"], &["label"]),
    ("zero-shot-image-classification", &["image", "text"], &["label"]),
];

/// What a task takes and gives.
pub(super) fn data(task: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    TASKS.iter().find(|(name, ..)| *name == task).map(|(_, takes, gives)| (*takes, *gives))
}
