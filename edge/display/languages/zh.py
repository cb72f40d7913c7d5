"""Chinese, in simplified characters."""

from __future__ import annotations

from edge.display.vocabulary import Vocabulary
from edge.state import State

WORDS = Vocabulary(
    code="zh",
    caption="由声音想象而成，并非任何人的照片。",
    kiosk="此处有麦克风在聆听。面孔由声音想象而成，声音不会被保存或发送。",
    heading="声音显示",
    not_sure="不确定",
    states={
        State.IDLE: ("待机", "请说话。"),
        State.LISTENING: ("聆听中", "听到说话声，大约需要一秒。"),
        State.SPEAKING: ("说话中", "听到说话声，面孔逐渐清晰。"),
        State.HOLDING: ("保持", "安静。保留最后的面孔。"),
        State.MUTED: ("静音", "麦克风已关闭。"),
        State.FAULT: ("故障", ""),
    },
    something_wrong="出现问题，详情见日志。",
    belief="{label}：{value}",
    choice="{name}，{percent}",
    quantity="{value}{unit}（{low}–{high}）",
    range_note="该范围适用于{percent}的说话人",
    percent="{number}%",
    over="超过{percent}",
    under="低于{percent}",
    delegate_lost="{stage}改由 CPU 运行：{delegate} 失效（{reason}）。",
    no_speech="尚未听到说话声",
    evidence="已听到 {seconds} 秒语音",
    decimal_point=".",
    names={
        "voice": "声音",
        "face": "面孔",
        "gender": "性别",
        "female": "女性",
        "male": "男性",
        "child": "儿童",
        "age": "年龄",
        "ethnicity": "族裔",
        "years": "岁",
        "nasal_index": "鼻指数",
        "facial_index": "面指数",
        "jaw_width_index": "下颌宽指数",
        "mouth_width_index": "口宽指数",
        "lip_height_index": "唇高指数",
        "interpupillary_index": "瞳距指数",
        "nose_height_index": "鼻高指数",
        "upper_lip_height": "上唇高",
        "lateral_upper_lip_heights": "上唇侧高",
        "jaw_width": "下颌宽",
        "nose_height": "鼻高",
        "nose_width": "鼻宽",
        "labio_oral_region": "口宽",
        "mandibular_index": "下颌指数",
        "intercanthal_index": "内眦指数",
        "vermilion_height_index": "唇红高指数",
        "mouth_face_width_index": "口面宽指数",
        "nose_area": "鼻面积",
    },
    reasons={
        r"too little speech": "语音太少",
        r"not in this bundle": "此模型包不含此项",
        r"a child's voice cannot be ruled out, and gender is not given for children": (
            "不能排除是儿童的声音，对儿童不给出性别"
        ),
        r"not sure enough: (?P<name>\S+) (?P<got>\d+)%, (?P<needed>\d+)% needed": (
            "把握不足：{name} {got}%，需要 {needed}%"
        ),
        r"not sure enough: between (?P<low>\d+) and (?P<high>\d+) (?P<name>\S+)": (
            "把握不足：在 {low} 到 {high} {name}之间"
        ),
        r"switched off: set (?P<key>.+)": "已关闭：请设置 {key}",
    },
    page={
        "nobody": "还没有面孔",
        "face": "画出的面孔。",
        "measures": "所绘面孔的测量值",
        "lost": "程序没有响应。本页会自动重试。",
    },
)
