// Skin with everything that is painted on it. x is mirrored: both halves are painted alike.
uniform vec3 eye_point;
uniform vec3 skin;
uniform vec3 lips;
uniform vec3 blush;
uniform vec3 brow;
uniform vec3 scalp;
uniform float brow_thickness;
uniform float lash_strength;
uniform float stubble;
uniform float lines;
uniform float open_mouth;
uniform float scalp_shade;
in vec3 at;
in vec3 facing;
in vec3 home;
in vec2 strand;
in vec4 mark;
out vec4 colour;

const vec3 CLOTH = vec3(0.095, 0.125, 0.165);

float blob(vec2 p, vec2 centre, vec2 size) {
    vec2 d = (p - centre) / size;
    return exp(-dot(d, d));
}

// 1 on a curved line from `a` to `b` that bulges sideways by `bend`, fading over `width`.
float stroke(vec2 p, vec2 a, vec2 b, float bend, float width) {
    vec2 along = b - a;
    float t = dot(p - a, along) / dot(along, along);
    vec2 side = normalize(vec2(-along.y, along.x));
    float away = dot(p - a, side) - bend * 4.0 * t * (1.0 - t);
    float ends = smoothstep(-0.12, 0.12, t) * smoothstep(1.12, 0.88, t);
    return ends * exp(-away * away / (width * width));
}

float brow_paint(vec2 p) {
    float t = (p.x - 0.105) / 0.49;
    if (t < -0.05 || t > 1.05) return 0.0;
    float arch = 7.455 + 0.055 * sin(2.6 * clamp(t, 0.0, 1.0)) - 0.075 * t * t;
    float half_height = 0.034 * brow_thickness * mix(1.0, 0.28, smoothstep(0.45, 1.0, t));
    float body = smoothstep(half_height * 1.5, half_height * 0.55, abs(p.y - arch));
    float ends = smoothstep(-0.05, 0.14, t) * smoothstep(1.05, 0.9, t);
    float hairs = 0.8 + 0.4 * noise(vec3((p.x + 0.5 * p.y) * 90.0, p.y * 30.0, 3.0));
    return clamp(body * ends * hairs, 0.0, 1.0);
}

void main() {
    vec3 n = normalize(facing), view = normalize(eye_point - at);
    if (dot(n, view) < 0.0) n = -n;
    vec2 p = vec2(abs(home.x), home.y);
    bool front = home.z > 0.75;
    float open_sky = mark.z;
    vec3 base = skin;
    if (front) {
        float rosy = 0.65 * blob(p, vec2(0.46, 6.95), vec2(0.20, 0.15))
            + 0.40 * blob(p, vec2(0.0, 6.93), vec2(0.12, 0.11)) + 0.22 * blob(p, vec2(0.0, 6.27), vec2(0.2, 0.12));
        base = mix(base, blush, clamp(rosy, 0.0, 1.0));
        float beard = smoothstep(6.86, 6.72, p.y) * smoothstep(5.95, 6.15, p.y)
            * (1.0 - blob(p, vec2(0.36, 6.83), vec2(0.17, 0.15))) * smoothstep(0.78, 0.62, p.x);
        base = mix(base, base * vec3(0.66, 0.68, 0.71), stubble * beard);
        base *= 1.0 - 0.12 * blob(p, vec2(0.30, 7.13), vec2(0.16, 0.05));
        base *= 1.0 - 0.10 * blob(p, vec2(0.31, 7.40), vec2(0.17, 0.045));
        float fold = 0.85 * stroke(p, vec2(0.185, 6.93), vec2(0.345, 6.56), 0.035, 0.018)
            + 0.55 * stroke(p, vec2(0.16, 7.17), vec2(0.40, 7.10), -0.03, 0.017)
            + 0.45 * stroke(p, vec2(0.31, 6.52), vec2(0.30, 6.36), -0.02, 0.02);
        float fine = 0.0;
        for (int i = 0; i < 3; i++) {
            float y = 7.66 + 0.085 * float(i);
            fine += 0.42 * stroke(p, vec2(-0.45 + 0.03 * i, y), vec2(0.45 - 0.03 * i, y), 0.02, 0.013);
            fine += 0.5 * stroke(p, vec2(0.535, 7.30 - 0.012 * i), vec2(0.66, 7.37 - 0.07 * i), 0.0, 0.011);
        }
        fine += 0.5 * stroke(p, vec2(0.05, 7.40), vec2(0.055, 7.50), 0.0, 0.013);
        base *= 1.0 - lines * (0.42 * fold + 0.40 * fine) * vec3(0.80, 1.0, 1.0);
        base = mix(base, lips, smoothstep(0.25, 0.75, mark.x) * 0.88);
        base = mix(base, brow, brow_paint(p) * 0.92);
        base = mix(base, vec3(0.012, 0.009, 0.008), lash_strength * smoothstep(0.80, 0.97, mark.w));
    }
    bool cavity = home.z < 1.50 && home.z > 0.5 && p.x < 0.30 && home.y > 6.36 && home.y < 6.9
        && mark.z < 0.12 && mark.x < 0.2;
    if (cavity && !gl_FrontFacing) discard;  // a hollow cheek must not show the mouth through it
    if (cavity) base = vec3(0.050, 0.011, 0.010);
    float under_hair = smoothstep(0.10, 0.04, mark.y) * scalp_shade;
    base = mix(base, scalp, under_hair);
    open_sky *= 1.0 - 0.16 * scalp_shade * smoothstep(0.30, 0.05, mark.y);
    float cloth = smoothstep(-0.02, 0.02, 5.80 + 0.10 * p.x - 0.10 * max(home.z - 0.4, 0.0) - home.y);
    base = mix(base, CLOTH, cloth);
    vec3 wrap = mix(vec3(0.42, 0.27, 0.20), vec3(0.15), max(cloth, under_hair));
    vec3 shade = pow(vec3(open_sky), vec3(0.85, 1.0, 1.08));
    vec3 result = base * arriving(n, wrap) * shade;
    float shine = (1.0 - cloth) * (1.0 - under_hair) * open_sky * (cavity ? 0.2 : 1.0);
    float moist = smoothstep(0.25, 0.75, mark.x);
    result += shine * (0.55 + 0.9 * moist) * gloss(n, view, KEY, mix(13.0, 32.0, moist));
    result += shine * 0.18 * gloss(n, view, FILL, 12.0);
    colour = shown(result);
}
