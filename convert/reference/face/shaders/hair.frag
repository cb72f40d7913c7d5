// Opaque hair: the light runs across strands (Kajiya and Kay 1989), `strand.x` counts strands.
uniform vec3 eye_point;
uniform vec3 hair;
uniform vec3 grey_hair;
uniform float grey;
uniform float strands;   // strands per unit of strand.x; 0 means curls
uniform float curl_depth;  // how deep the curls are, 0..1
uniform float trim;      // height on the unshaped head below which hair is cut off
uniform float raggedness;
uniform float hairline;  // distance from the scalp's edge where grown hair ends; 0 for a mesh
in vec3 at;
in vec3 facing;
in vec3 home;
in vec2 strand;
in vec4 mark;
out vec4 colour;

void main() {
    vec3 n = normalize(facing), view = normalize(eye_point - at);
    if (dot(n, view) < 0.0) n = -n;
    float ragged = noise(vec3(home.x * 42.0, home.y * 9.0, home.z * 42.0));
    if (home.y < trim + 0.09 * (ragged - 0.5) - 0.25 * smoothstep(0.3, -0.6, home.z)) discard;
    if (hairline > 0.0 && mark.y > hairline * (1.0 + raggedness * (ragged - 0.5))) discard;
    float tone;
    vec3 tangent;
    if (strands > 0.0) {
        vec2 du = vec2(dFdx(strand.x), dFdy(strand.x));
        tangent = dFdx(at) * -du.y + dFdy(at) * du.x;
        tangent = length(tangent) > 1e-9 ? normalize(tangent) : vec3(0.0, 1.0, 0.0);
        float lock = noise(vec3(strand.x * strands, strand.y * 2.5, 1.0));
        float fibre = noise(vec3(strand.x * strands * 4.3, strand.y * 4.0, 7.0));
        tone = 0.62 + 0.46 * lock + 0.30 * fibre;
    } else {
        tangent = normalize(cross(n, vec3(0.3, 0.2, 1.0)));
        float curl = noise(home * 17.0) + 0.7 * noise(home * 38.0);
        tone = 0.60 + 0.45 * curl * curl_depth;
        n = normalize(n + 0.7 * curl_depth * (vec3(noise(home * 22.0 + 3.0), noise(home * 22.0 + 9.0), 0.5) - 0.5));
    }
    vec3 base = mix(hair, grey_hair, grey * grey) * mix(tone, 1.0, 0.5 * grey);
    float along = dot(tangent, normalize(normalize(KEY) + view));
    float sheen = pow(max(1.0 - along * along, 0.0), 24.0) * clamp(n.y * 0.6 + 0.5, 0.0, 1.0);
    float depth = 0.55 + 0.45 * clamp(dot(n, view) * 1.4, 0.0, 1.0);
    vec3 result = base * arriving(n, vec3(0.25)) * depth * mix(0.8, 1.0, mark.z);
    if (strands > 0.0) result += sheen * depth * (0.20 * base + 0.022) * 1.2;
    colour = shown(result);
}
