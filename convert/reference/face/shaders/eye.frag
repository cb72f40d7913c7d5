// An eyeball: white, iris, pupil, and the window that it reflects.
uniform vec3 eye_point;
uniform vec3 iris;
uniform vec3 eye_centre;   // of the unshaped head, for x > 0
uniform float eye_radius;
uniform vec2 lid_shadow;   // heights between which the upper lid's shadow falls
in vec3 at;
in vec3 facing;
in vec3 home;
in vec2 strand;
in vec4 mark;
out vec4 colour;

void main() {
    vec3 n = normalize(facing), view = normalize(eye_point - at);
    float side = sign(home.x);
    vec2 p = (home.xy - vec2(side * eye_centre.x, eye_centre.y)) / eye_radius;
    float r = length(p - vec2(0.0, 0.02));
    vec3 white = vec3(0.74, 0.715, 0.70) * (1.0 - 0.25 * smoothstep(0.6, 1.1, abs(p.x)));
    float spokes = 0.85 + 0.3 * noise(vec3(atan(p.y, p.x) * 9.0, r * 4.0, 1.0));
    vec3 coloured = iris * spokes * (0.75 + 0.9 * smoothstep(0.1, -0.5, p.y));
    coloured *= mix(1.0, 0.35, smoothstep(0.36, 0.49, r));
    vec3 base = mix(coloured, white, smoothstep(0.45, 0.51, r));
    base = mix(vec3(0.006), base, smoothstep(0.17, 0.23, r));
    float shadow = mix(1.0, 0.5, smoothstep(lid_shadow.x, lid_shadow.y, at.y));
    vec3 result = base * arriving(n, vec3(0.35)) * shadow;
    float window = smoothstep(0.19, 0.10, length(p - vec2(-0.17, 0.21)));
    result = mix(result, vec3(0.95), 0.92 * window);
    result += 0.10 * smoothstep(0.14, 0.05, length(p - vec2(0.2, -0.22)));
    colour = shown(result);
}
