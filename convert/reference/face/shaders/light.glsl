// Soft frontal studio light: a large key from the upper left, a cooler fill, a bright room.
const vec3 KEY = vec3(-0.40, 0.55, 1.0);
const vec3 FILL = vec3(0.75, 0.10, 0.8);

float hash(vec3 p) {
    p = fract(p * 0.3183099 + 0.1);
    p *= 17.0;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

float noise(vec3 p) {
    vec3 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(
        mix(mix(hash(i), hash(i + vec3(1, 0, 0)), f.x),
            mix(hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)), f.x), f.y),
        mix(mix(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), f.x),
            mix(hash(i + vec3(0, 1, 1)), hash(i + vec3(1, 1, 1)), f.x), f.y), f.z);
}

// Light that arrives at a surface; `wrap` lets it creep around edges as under skin.
vec3 arriving(vec3 n, vec3 wrap) {
    vec3 key = clamp((dot(n, normalize(KEY)) + wrap) / (1.0 + wrap), 0.0, 1.0);
    vec3 fill = clamp((dot(n, normalize(FILL)) + wrap) / (1.0 + wrap), 0.0, 1.0);
    vec3 room = mix(vec3(0.30, 0.28, 0.27), vec3(0.46, 0.48, 0.51), n.y * 0.5 + 0.5);
    return vec3(1.0, 0.965, 0.92) * 0.80 * key + vec3(0.86, 0.92, 1.0) * 0.26 * fill + 0.62 * room;
}

float gloss(vec3 n, vec3 view, vec3 light, float sharpness) {
    float fresnel = 0.04 + 0.96 * pow(1.0 - clamp(dot(n, view), 0.0, 1.0), 5.0);
    return fresnel * pow(clamp(dot(n, normalize(normalize(light) + view)), 0.0, 1.0), sharpness);
}

// Highlights roll off instead of clipping; then the 2.2 exponent of sRGB.
vec4 shown(vec3 colour) {
    colour = mix(colour, 1.0 - 0.4 * exp(-(colour - 0.6) / 0.4), step(0.6, colour));
    return vec4(pow(clamp(colour, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
