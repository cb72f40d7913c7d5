// Teeth and tongue: one colour, darker towards the back of the mouth.
uniform vec3 eye_point;
uniform vec3 plain;
in vec3 at;
in vec3 facing;
in vec3 home;
in vec2 strand;
in vec4 mark;
out vec4 colour;

void main() {
    vec3 n = normalize(facing), view = normalize(eye_point - at);
    if (dot(n, view) < 0.0) n = -n;
    float depth = mix(0.25, 1.0, smoothstep(1.05, 1.5, home.z));
    colour = shown(plain * arriving(n, vec3(0.3)) * depth + 0.2 * depth * gloss(n, view, KEY, 40.0));
}
