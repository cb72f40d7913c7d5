#version 330
// One vertex of the head. `rest` is where it lies on the unshaped head: everything painted
// (brows, blush, lines) is painted there, so that paint moves with the features.
uniform mat4 camera;
uniform float nearer;  // hair is drawn a little in front of the skin that it lies on
in vec3 position;
in vec3 normal;
in vec3 rest;
in vec2 uv;
in vec4 marks;  // lips, distance to hair, openness to light, upper eyelid
out vec3 at;
out vec3 facing;
out vec3 home;
out vec2 strand;
out vec4 mark;

void main() {
    gl_Position = camera * vec4(position, 1.0);
    gl_Position.z -= nearer * gl_Position.w;
    at = position;
    facing = normal;
    home = rest;
    strand = uv;
    mark = marks;
}
